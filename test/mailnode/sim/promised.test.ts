import { describe, expect, it } from "@jest/globals";
import { ForgetfulDisk } from "../../../src/mailnode/disk/forgetful-disk.ts";
import type { Entry } from "../../../src/mailnode/raft/core/types.ts";
import { InlineBackend } from "../../../src/mailnode/raft/log/log-backend.ts";
import { LogWriter } from "../../../src/mailnode/raft/log/log-writer.ts";
import { RaftLog, type LogAppend } from "../../../src/mailnode/raft/log/raft-log.ts";
import { LogMirror } from "../../../src/mailnode/sim/log-mirror.ts";
import { Promised } from "../../../src/mailnode/sim/promised.ts";

function openLog(disk: ForgetfulDisk): Promise<RaftLog> {
  const [directory, segmentBytes, { blocking }] = ["/log", 4096, disk];
  return RaftLog.open({
    directory,
    disk,
    blocking,
    newNode: () => "n1",
    segmentBytes,
    backend: (tail, segments) =>
      new InlineBackend(new LogWriter(blocking, directory, segmentBytes, tail, segments)),
  });
}

const entry = (index: number, term = 1): Entry => ({ index, term, kind: "data", data: new Uint8Array(8) });
const FIRST: LogAppend = { hardState: { term: 1, vote: "n2", commit: 0 }, entries: [entry(1), entry(2)] };

/** A log that holds an append, and what it is said to have promised. */
async function after(said: LogAppend): Promise<{ log: RaftLog; promised: Promised }> {
  const log = await openLog(new ForgetfulDisk());
  const promised = new Promised(LogMirror.of(log));
  await log.append(FIRST);
  promised.begin(said);
  promised.done(said);
  return { log, promised };
}

describe("what a disk has answered for", () => {
  it("is there after a restart of a correct log", async () => {
    const { log, promised } = await after(FIRST);
    expect(() => promised.check(log)).not.toThrow();
  });

  it.each<[string, LogAppend, string]>([
    ["a term", { hardState: { term: 2, vote: undefined, commit: 0 } }, "forgot term 2"],
    ["a vote", { hardState: { term: 1, vote: "n3", commit: 0 } }, "forgot its vote for n3"],
    ["an entry", { entries: [entry(1), entry(2), entry(3)] }, "forgot the entry 1/3"],
    [
      "what is in an entry",
      { entries: [entry(1), { ...entry(2), data: new Uint8Array(8).fill(1) }] },
      "holds the entry 1/2 with another content",
    ],
    ["which entry it was", { entries: [entry(1), entry(2, 2)] }, "forgot the entry 2/2"],
  ])("%s that is gone is found", async (_what, said, error) => {
    const { log, promised } = await after(said);
    expect(() => promised.check(log)).toThrow(error);
  });

  it("may have been replaced by what was on its way when the node ended", async () => {
    const { log, promised } = await after({ entries: [entry(1), entry(2, 2)] });
    promised.begin({ entries: [entry(2)] });
    expect(() => promised.check(log)).not.toThrow();
  });

  it("is told by term: an answer stands although a later leader has overwritten the entries since", async () => {
    const { promised } = await after(FIRST);
    promised.done({ hardState: { term: 2, vote: undefined, commit: 0 }, entries: [entry(2, 2)] });
    expect([promised.reachedIn(1, 2), promised.reachedIn(1, 3)]).toEqual([true, false]);
    expect([promised.reachedIn(2, 2), promised.reachedIn(3, 1)]).toEqual([true, false]);
  });
});
