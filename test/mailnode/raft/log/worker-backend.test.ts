import { mkdtemp, readdir, rm, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { realBlockingDisk } from "../../../../src/mailnode/disk/real-blocking-disk.ts";
import { realDisk } from "../../../../src/mailnode/disk/real-disk.ts";
import { openLog } from "../../../../src/mailnode/raft/log/open-log.ts";
import { RaftLog } from "../../../../src/mailnode/raft/log/raft-log.ts";
import { WorkerBackend } from "../../../../src/mailnode/raft/log/worker-backend.ts";
import { entries, entry, snapshotOf, stateOf, writeSnapshot } from "./log-story.ts";

/* Starts threads and syncs a real disk, on a machine that may be busy. */
jest.setTimeout(60_000);

describe("a log with a thread of its own, on this machine's disk", () => {
  let home: string;
  let directory: string;
  const open = (segmentBytes = 16 * 1024) =>
    RaftLog.open({
      directory,
      disk: realDisk,
      blocking: realBlockingDisk,
      newNode: () => "00000000000000aa",
      segmentBytes,
      backend: (tail, segments) => new WorkerBackend({ directory, segmentBytes, tail, segments }),
    });
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), "raft-log-"));
    directory = join(home, "log");
  });
  afterEach(() => rm(home, { recursive: true }));

  it("answers many appends that are in flight in their order, and finds them all again", async () => {
    const log = await open();
    const answered: number[] = [];
    await Promise.all(
      entries(1, 1, 500, 100).map((one) =>
        log.append({ entries: [one] }).then(() => answered.push(one.index)),
      ),
    );
    expect(answered).toEqual(Array.from({ length: 500 }, (_, i) => i + 1));
    expect(log.entries(1, 501)).toEqual(entries(1, 1, 500, 100));
    await log.close();
    const again = await open();
    expect(stateOf(again)).toEqual(stateOf(log));
    await again.close();
  });

  it("keeps the order of writes that go alone and of those that do not", async () => {
    const log = await open();
    for (let at = 1; at <= 60; at += 3) {
      await log.append({ entries: [entry(1, at, 100)] });
      const large = log.append({ entries: [entry(1, at + 1, 2000)] });
      await log.append({ entries: [entry(1, at + 2, 100)] });
      await large;
    }
    await log.close();
    const again = await open();
    expect(stateOf(again)).toEqual(stateOf(log));
    expect(again.lastIndex).toBe(60);
    await again.close();
  });

  it("takes snapshots, compacts and removes what is not needed any more", async () => {
    const log = await open();
    await log.append({
      hardState: { term: 1, vote: undefined, commit: 300 },
      entries: entries(1, 1, 300, 100),
    });
    for (let at = 301; at <= 600; at += 50) await log.append({ entries: entries(1, at, at + 49, 100) });
    await writeSnapshot(log, snapshotOf(1, 500));
    await log.append({ snapshot: snapshotOf(1, 500) });
    await log.compact(450);
    const names = await readdir(directory);
    expect(names).not.toContain("segment-000000000001.log");
    expect(log.entries(451, 601)).toEqual(entries(1, 451, 600, 100));
    await log.close();
    const again = await open();
    expect(stateOf(again)).toEqual(stateOf(log));
    await again.close();
  });

  it("stops for good when the disk refuses something, and says what", async () => {
    const log = await open();
    await log.append({ entries: [entry(1, 1)] });
    // Nobody can make a file where one is that the log's thread did not make.
    await realDisk.create(join(directory, "spare.tmp"));
    const failed = { code: "RAFT_LOG_FAILED", message: expect.stringContaining("EEXIST") };
    await expect(log.append({ entries: [entry(1, 2, 20_000)] })).rejects.toMatchObject(failed);
    await expect(log.append({ entries: [entry(1, 3)] })).rejects.toMatchObject(failed);
    await log.close();
    const again = await open();
    expect(again.lastIndex).toBe(1);
    await again.close();
  });

  it("ends with its thread, whichever of its last answer and the thread's end is heard of first", async () => {
    for (let round = 0; round < 20; round++) await (await open()).close();
  });

  it("cannot be used after its end", async () => {
    const log = await open();
    const last = log.append({ entries: [entry(1, 1)] });
    await log.close();
    await last;
    await expect(log.append({ entries: [entry(1, 2)] })).rejects.toMatchObject({ code: "RAFT_LOG_FAILED" });
  });

  it("opens the directory of a node with segments of 64 MiB and an id of 16 digits", async () => {
    const log = await openLog(directory);
    expect(log.node).toMatch(/^[0-9a-f]{16}$/);
    await log.append({ entries: [entry(1, 1)] });
    await log.close();
    const again = await openLog(directory);
    expect([again.node, again.lastIndex]).toEqual([log.node, 1]);
    await again.close();
    expect(realBlockingDisk.open(join(directory, "segment-000000000001.log"), "read").size()).toBe(
      64 * 1024 * 1024,
    );
  });

  it("does not start on a segment that was cut short", async () => {
    const log = await open();
    await log.append({ entries: entries(1, 1, 20, 100) });
    await log.append({ entries: entries(1, 21, 22, 100) });
    await log.close();
    await truncate(join(directory, "segment-000000000001.log"), 700);
    await expect(open()).rejects.toMatchObject({ code: "RAFT_LOG_DAMAGED" });
  });
});
