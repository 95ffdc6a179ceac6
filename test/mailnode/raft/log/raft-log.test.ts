import { beforeEach, describe, expect, it } from "@jest/globals";
import { ForgetfulDisk } from "../../../../src/mailnode/disk/forgetful-disk.ts";
import type { RaftLog } from "../../../../src/mailnode/raft/log/raft-log.ts";
import { seeded } from "../../fixtures/random.ts";
import { DIRECTORY, entries, entry, openOn, snapshotOf, stateOf, writeSnapshot } from "./log-story.ts";

const indexes = (found: readonly { readonly index: number }[]) => found.map(({ index }) => index);

describe("a Raft log", () => {
  let disk: ForgetfulDisk;
  let log: RaftLog;
  beforeEach(async () => {
    disk = new ForgetfulDisk();
    log = await openOn(disk);
  });

  it("begins empty, at term 0 and index 0, with the id that was drawn for it", async () => {
    expect(log.node).toBe("00000000000000aa");
    expect(log.hardState).toEqual({ term: 0, vote: undefined, commit: 0 });
    expect([log.firstIndex, log.lastIndex, log.term(0), log.snapshot.index]).toEqual([1, 0, 0, 0]);
    expect(log.entries(1, 1)).toEqual([]);
    expect((await openOn(disk)).node).toBe(log.node);
  });

  it("shows an append at once, durable or not", () => {
    void log.append({ hardState: { term: 3, vote: "a", commit: 0 }, entries: entries(3, 1, 4) });
    expect(log.hardState).toEqual({ term: 3, vote: "a", commit: 0 });
    expect(indexes(log.entries(2, 5))).toEqual([2, 3, 4]);
  });

  it("gives entries of all kinds back as they were appended, from disk once they are there", async () => {
    const kinds = ["noop", "config", "data"] as const;
    const added = Array.from({ length: 40 }, (_, i) => ({ ...entry(1, i + 1, 50), kind: kinds[i % 3]! }));
    for (let at = 0; at < 36; at += 4) await log.append({ entries: added.slice(at, at + 4) });
    const last = log.append({ entries: added.slice(36) });
    const before = disk.operations;
    expect(log.entries(37, 41)).toEqual(added.slice(36));
    expect(disk.operations).toBe(before);
    expect(log.entries(1, 41)).toEqual(added);
    expect(disk.operations).toBeGreaterThan(before);
    await last;
    expect(log.entries(1, 41)).toEqual(added);
    expect((await openOn(disk.afterKill())).entries(1, 41)).toEqual(added);
  });

  it("gives as many entries as fit a size, at least one", async () => {
    await log.append({ entries: entries(1, 1, 9, 79) });
    expect(indexes(log.entries(2, 10, 300))).toEqual([2, 3, 4]);
    expect(indexes(log.entries(2, 10, 299))).toEqual([2, 3]);
    expect(indexes(log.entries(2, 10, 1))).toEqual([2]);
  });

  it("refuses to give what it does not hold", async () => {
    await log.append({ entries: entries(1, 1, 3) });
    expect(() => log.entries(0, 2)).toThrow("entries 0 to 2 are not all in 1 to 3");
    expect(() => log.entries(2, 5)).toThrow(RangeError);
  });

  it("reads a place that another leader overruled while its append was on the way", async () => {
    const runs: (() => void)[] = [];
    const slow = await openOn(new ForgetfulDisk(), (run) => runs.push(run));
    const first = slow.append({ entries: entries(1, 1, 4, 300) });
    const second = slow.append({ entries: entries(2, 2, 3, 300) });
    runs.shift()!();
    await Promise.all([first, second]);
    const found = slow.entries(1, 4);
    expect(found.map(({ term, index }) => [term, index])).toEqual([[1, 1], [2, 2], [2, 3]]); // prettier-ignore
    expect(found).toEqual([entry(1, 1, 300), ...entries(2, 2, 3, 300)]);
  });

  it("puts all that waits into one write and one sync", async () => {
    const counts = { write: 0, sync: 0 };
    disk.fault = ({ name }) => {
      if (name === "write" || name === "sync") counts[name]++;
      return undefined;
    };
    await Promise.all(entries(1, 1, 8).map((one) => log.append({ entries: [one] })));
    expect(counts).toEqual({ write: 1, sync: 1 });
  });

  it("holds an append that is larger than a segment, in one of its own", async () => {
    await log.append({ entries: [entry(1, 1, 9000)] });
    await log.append({ entries: entries(1, 2, 3) });
    const again = await openOn(disk.afterKill());
    expect(again.entries(1, 4)).toEqual([entry(1, 1, 9000), ...entries(1, 2, 3)]);
  });

  it("halts when an entry that it reads again is no longer what was written", async () => {
    await log.append({ entries: entries(1, 1, 5, 100) });
    await log.append({ entries: entries(1, 6, 9, 100) });
    disk.blocking.flip(`${DIRECTORY}/segment-000000000001.log`, 400);
    expect(() => log.entries(1, 9)).toThrow(expect.objectContaining({ code: "RAFT_LOG_DAMAGED" }));
  });

  it("begins a cluster with a snapshot of index 0 that names its members and has no content", async () => {
    await log.append({ snapshot: snapshotOf(0, 0), entries: entries(1, 1, 2) });
    const again = await openOn(disk.afterKill());
    expect(again.snapshot).toEqual(snapshotOf(0, 0));
    expect(again.lastIndex).toBe(2);
  });

  it("does not say that more is committed than it holds, when an interrupted write lost the entries", async () => {
    await log.append({ hardState: { term: 1, vote: undefined, commit: 1 }, entries: entries(1, 1, 2) });
    disk.fault = ({ name }) => (name === "sync" ? "power" : undefined);
    const hardState = { term: 1, vote: undefined, commit: 5 };
    await expect(log.append({ hardState, entries: entries(1, 3, 5, 500) })).rejects.toThrow();
    const found = new Set<string>();
    for (let seed = 0; seed < 60; seed++) {
      const after = await openOn(disk.afterPowerLoss(seeded(seed)));
      found.add(`commit ${after.hardState.commit} of ${after.lastIndex}`);
    }
    // The record of commit 5 is on disk without the entries that it counts.
    expect(found).toContain("commit 2 of 2");
    expect([...found].filter((text) => /commit (\d) of (?!\1)/.test(text))).toEqual(["commit 1 of 2"]);
  });

  it("keeps entries behind its own snapshot until they are compacted, for followers that are near", async () => {
    await log.append({
      hardState: { term: 1, vote: undefined, commit: 30 },
      entries: entries(1, 1, 30, 150),
    });
    await writeSnapshot(log, snapshotOf(1, 20));
    await log.append({ snapshot: snapshotOf(1, 20) });
    await log.compact(12);
    expect([log.firstIndex, log.term(12), log.term(11)]).toEqual([13, 1, undefined]);
    const again = await openOn(disk.afterKill());
    expect(stateOf(again)).toEqual(stateOf(log));
    expect(indexes(again.entries(13, 15))).toEqual([13, 14]);
  });

  it("removes the segments that no entry needs any more, and only those", async () => {
    for (let at = 1; at <= 61; at += 4) await log.append({ entries: entries(1, at, at + 3, 200) });
    const before = (await disk.list(DIRECTORY)).filter((name) => name.startsWith("segment"));
    await writeSnapshot(log, snapshotOf(1, 40));
    await log.append({ snapshot: snapshotOf(1, 40) });
    await log.compact(40);
    const after = (await disk.list(DIRECTORY)).filter((name) => name.startsWith("segment"));
    expect(after.length).toBeLessThan(before.length);
    expect(before.slice(-after.length)).toEqual(after);
    expect(stateOf(await openOn(disk.afterKill()))).toEqual(stateOf(log));
  });

  it("refuses a snapshot that is not durable, and to compact beyond its snapshot", async () => {
    await log.append({ entries: entries(1, 1, 5) });
    await expect(log.append({ snapshot: snapshotOf(1, 3) })).rejects.toThrow("before it is durable");
    await expect(log.compact(3)).rejects.toThrow("entry 3 is compacted and the snapshot is of 0");
  });

  it("does not start without the snapshot that it has a record of", async () => {
    await log.append({ entries: entries(1, 1, 5) });
    await writeSnapshot(log, snapshotOf(1, 3));
    await log.append({ snapshot: snapshotOf(1, 3) });
    await disk.remove(log.snapshots.path(snapshotOf(1, 3)));
    await expect(openOn(disk)).rejects.toMatchObject({ code: "RAFT_LOG_DAMAGED" });
  });

  it("does not start as a new node where snapshots show that its log is gone", async () => {
    await writeSnapshot(log, snapshotOf(1, 3));
    await disk.remove(`${DIRECTORY}/segment-000000000001.log`);
    await expect(openOn(disk)).rejects.toMatchObject({
      code: "RAFT_LOG_DAMAGED",
      message: expect.stringContaining("the log that they belong to is gone"),
    });
  });

  it.each([1, 2, 3])("does not start when segment %i of the middle is gone", async (segment) => {
    for (let at = 1; at <= 61; at += 4) await log.append({ entries: entries(1, at, at + 3, 200) });
    await disk.remove(`${DIRECTORY}/segment-00000000000${segment}.log`);
    await expect(openOn(disk)).rejects.toMatchObject({ code: "RAFT_LOG_DAMAGED" });
  });

  it("does not start with a segment of another node, or under another's name", async () => {
    for (let at = 1; at <= 61; at += 4) await log.append({ entries: entries(1, at, at + 3, 200) });
    await disk.rename(`${DIRECTORY}/segment-000000000003.log`, `${DIRECTORY}/segment-000000000002.log`);
    await expect(openOn(disk)).rejects.toMatchObject({ code: "RAFT_LOG_DAMAGED" });
  });

  it("prepares the next segment while this one fills, so that a switch writes no blanks", async () => {
    const appends: string[] = [];
    for (let at = 1; at <= 9; at++) await log.append({ entries: [entry(1, at, 150)] });
    disk.fault = ({ name, path }) => void (name === "append" && appends.push(path));
    for (let at = 10; at <= 11; at++) await log.append({ entries: [entry(1, at, 150)] });
    expect(await disk.list(DIRECTORY)).toContain("segment-000000000002.log");
    expect(appends).toEqual([]);
  });

  it("goes on in its segment when the disk has no room for the next one, and fails when it is needed", async () => {
    disk.fault = ({ path }) => (path.endsWith("spare.tmp") ? "ENOSPC" : undefined);
    let index = 0;
    const fill = async () => {
      for (;;) await log.append({ entries: [entry(1, ++index, 150)] });
    };
    await expect(fill()).rejects.toMatchObject({ code: "RAFT_LOG_FAILED" });
    expect(index).toBeGreaterThan(9);
    expect((await openOn(disk.afterKill())).lastIndex).toBe(index - 1);
  });
});
