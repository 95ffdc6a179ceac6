import { describe, expect, it, jest } from "@jest/globals";
import { ForgetfulDisk } from "../../../../src/mailnode/disk/forgetful-disk.ts";
import { seeded } from "../../fixtures/random.ts";
import { DIRECTORY, entries, entry, openOn, snapshotOf, stateOf, writeSnapshot } from "./log-story.ts";

/* Hundreds of crashes each, on a machine that may be busy. */
jest.setTimeout(60_000);

const SEEDS = Array.from({ length: 25 }, (_, seed) => seed);
const SEGMENT_1 = `${DIRECTORY}/segment-000000000001.log`;

/**
 * What the log says after a power loss at each operation of `act`, for several fates of what was not synced;
 * `before` is durable.
 */
async function afterEachCrash(
  before: (log: Awaited<ReturnType<typeof openOn>>) => Promise<unknown>,
  act: (log: Awaited<ReturnType<typeof openOn>>) => Promise<unknown>,
  look: (log: Awaited<ReturnType<typeof openOn>>) => void,
): Promise<void> {
  for (let index = 0, wasCut = true; wasCut; index++) {
    const disk = new ForgetfulDisk();
    const log = await openOn(disk);
    await before(log);
    const from = disk.operations;
    disk.fault = (operation) => (operation.index === from + index ? "power" : undefined);
    wasCut = await act(log).then(
      () => false,
      () => true,
    );
    for (const seed of SEEDS) look(await openOn(disk.afterPowerLoss(seeded(seed * 1000 + index))));
  }
}

describe("bugs that other logs had", () => {
  it("term and vote written in two writes (hashicorp/raft 661): a crash leaves both or neither", async () => {
    const old = { term: 1, vote: "00000000000000bb", commit: 0 };
    const next = { term: 2, vote: "00000000000000cc", commit: 0 };
    const seen = new Set<string>();
    await afterEachCrash(
      async (log) => {
        // So that the record of the new term lies across a border of sectors.
        await log.append({ entries: [entry(1, 1, 267)] });
        await log.append({ hardState: old });
      },
      (log) => log.append({ hardState: next }),
      ({ hardState }) => seen.add(`${hardState.term} ${hardState.vote}`),
    );
    expect(seen).toEqual(new Set(["1 00000000000000bb", "2 00000000000000cc"]));
  });

  it("entry durable before the term that allows it (openraft io_ordering): no entry is above the term", async () => {
    const seen = new Set<string>();
    await afterEachCrash(
      (log) => log.append({ hardState: { term: 1, vote: undefined, commit: 0 }, entries: entries(1, 1, 4) }),
      (log) =>
        Promise.all([
          log.append({ hardState: { term: 2, vote: undefined, commit: 1 }, entries: entries(2, 3, 5, 400) }),
          log.append({ hardState: { term: 5, vote: undefined, commit: 1 }, entries: entries(5, 6, 7, 400) }),
        ]),
      (log) => {
        expect(log.term(log.lastIndex)).toBeLessThanOrEqual(log.hardState.term);
        seen.add(`${log.hardState.term}.${log.lastIndex}`);
      },
    );
    expect(seen.size).toBeGreaterThan(4);
  });

  it("hole between snapshot and log (etcd PR 12691): the snapshot is durable, then its record, then the rest goes", async () => {
    const old = { term: 2, vote: undefined, commit: 4 };
    await afterEachCrash(
      (log) => log.append({ hardState: old, entries: entries(1, 1, 12, 200) }),
      async (log) => {
        await writeSnapshot(log, snapshotOf(2, 30));
        await log.append({
          hardState: { ...old, commit: 30 },
          snapshot: snapshotOf(2, 30),
          entries: entries(2, 31, 32),
        });
        await log.compact(30);
      },
      (log) => {
        const { snapshot, compacted, firstIndex, lastIndex, hardState } = log;
        expect(firstIndex).toBe(compacted.index + 1);
        expect(hardState.commit).toBeGreaterThanOrEqual(snapshot.index);
        expect(hardState.commit).toBeLessThanOrEqual(lastIndex);
        // Either the whole old log, or the snapshot and what came with it.
        if (snapshot.index === 0) expect([firstIndex, lastIndex]).toEqual([1, 12]);
        else expect([firstIndex, lastIndex >= 30 && lastIndex <= 32]).toEqual([31, true]);
      },
    );
  });

  it("two snapshots at once (etcd 18055): the later one stands, and nothing of the earlier is left", async () => {
    const disk = new ForgetfulDisk();
    const log = await openOn(disk);
    await log.append({ hardState: { term: 1, vote: undefined, commit: 20 }, entries: entries(1, 1, 20) });
    const [own, taken] = [
      await log.snapshots.begin(snapshotOf(1, 15)),
      await log.snapshots.begin(snapshotOf(3, 40)),
    ];
    await own.append(Uint8Array.of(1));
    await taken.append(Uint8Array.of(2));
    await taken.commit();
    await log.append({ snapshot: snapshotOf(3, 40) });
    await own.commit();
    expect(() => log.entries(16, 17)).toThrow(RangeError);
    await expect(log.append({ snapshot: snapshotOf(1, 15) })).rejects.toThrow("older than the log");
    await log.compact(40);
    const names = (await disk.list(DIRECTORY)).filter((name) => name.startsWith("snapshot"));
    expect(names).toEqual(["snapshot-0000000000000040-0000000000000003.snap"]);
    expect(stateOf(await openOn(disk.afterPowerLoss(seeded(1))))).toEqual(stateOf(log));
  });

  it("reply before fsync (etcd 14370): what a cluster of one node was answered survives a power loss", async () => {
    const disk = new ForgetfulDisk();
    const log = await openOn(disk);
    for (let index = 1; index <= 60; index++) {
      await log.append({
        hardState: { term: 1, vote: undefined, commit: index },
        entries: [entry(1, index, 70)],
      });
      const after = await openOn(disk.afterPowerLoss(seeded(index)));
      expect([after.lastIndex, after.hardState.commit]).toEqual([index, index]);
    }
  });

  it("reply before fsync (Jepsen on NATS 2.12.1): an append waits for its own sync, not for one that ran before", async () => {
    const disk = new ForgetfulDisk();
    const runs: (() => void)[] = [];
    const log = await openOn(disk, (run) => runs.push(run));
    const answered: number[] = [];
    const append = (index: number) =>
      log.append({ entries: [entry(1, index)] }).then(() => answered.push(index));
    void append(1);
    void append(2);
    expect(runs).toHaveLength(1);
    runs.shift()!();
    void append(3);
    await new Promise(setImmediate);
    expect(answered).toEqual([1, 2]);
    expect((await openOn(disk.afterPowerLoss(seeded(1)))).lastIndex).toBe(2);
    runs.shift()!();
    await new Promise(setImmediate);
    expect(answered).toEqual([1, 2, 3]);
  });

  it("directory not fsynced (etcd 6368): a new segment is still there after a power loss", async () => {
    for (const seed of SEEDS) {
      const disk = new ForgetfulDisk();
      const log = await openOn(disk);
      await log.append({ entries: entries(1, 1, 8, 200) });
      await log.append({ entries: entries(1, 9, 16, 200) });
      const crashed = disk.afterPowerLoss(seeded(seed));
      expect(await crashed.list(DIRECTORY)).toContain("segment-000000000002.log");
      expect((await openOn(crashed)).lastIndex).toBe(16);
    }
  });

  it("records reordered inside one fsync (etcd 6378): what the power loss left of a write is a beginning of it", async () => {
    const lengths = new Set<number>();
    await afterEachCrash(
      (log) => log.append({ entries: entries(1, 1, 2) }),
      (log) => log.append({ entries: entries(1, 3, 8, 180) }),
      (log) => {
        const found = log.entries(1, log.lastIndex + 1).map(({ index }) => index);
        expect(found).toEqual(Array.from({ length: log.lastIndex }, (_, i) => i + 1));
        lengths.add(log.lastIndex);
      },
    );
    expect(lengths.size).toBeGreaterThan(3);
  });

  it("torn tail taken for corruption, or corruption for a torn tail (etcd 14098): the node goes on, or halts", async () => {
    const torn = new ForgetfulDisk();
    const log = await openOn(torn);
    await log.append({ entries: entries(1, 1, 3, 100) });
    torn.fault = ({ name }) => (name === "sync" ? "power" : undefined);
    await expect(log.append({ entries: [entry(1, 4, 900)] })).rejects.toMatchObject({
      code: "RAFT_LOG_FAILED",
    });
    for (const seed of SEEDS) {
      expect([3, 4]).toContain((await openOn(torn.afterPowerLoss(seeded(seed)))).lastIndex);
    }

    for (const at of [40, 200, 400]) {
      const rotten = new ForgetfulDisk();
      const other = await openOn(rotten);
      await other.append({ entries: entries(1, 1, 3, 100) });
      await other.append({ entries: [entry(1, 4, 900)] });
      rotten.blocking.flip(SEGMENT_1, at);
      await expect(openOn(rotten)).rejects.toMatchObject({
        code: "RAFT_LOG_DAMAGED",
        message: expect.stringContaining("was written after this place was durable"),
      });
    }
  });

  it.each(["sync", "write", "syncDirectory"] as const)(
    "fsync error retried (TigerBeetle, storage faults): after a failed %s nothing is tried or answered any more",
    async (name) => {
      const disk = new ForgetfulDisk();
      const log = await openOn(disk);
      await log.append({ entries: entries(1, 1, 5, 200) });
      disk.fault = (operation) => (operation.name === name ? "EIO" : undefined);
      await expect(log.append({ entries: entries(1, 6, 12, 200) })).rejects.toMatchObject({
        code: "RAFT_LOG_FAILED",
        message: expect.stringContaining("EIO"),
      });
      disk.fault = () => undefined;
      const { operations } = disk;
      await expect(log.append({ entries: [entry(1, 13)] })).rejects.toMatchObject({
        code: "RAFT_LOG_FAILED",
      });
      expect(disk.operations).toBe(operations);
    },
  );

  it("fsync error retried (PostgreSQL, 2018): what a restart finds in the page cache alone is written anew", async () => {
    const disk = new ForgetfulDisk();
    const log = await openOn(disk);
    await log.append({ entries: entries(1, 1, 3) });
    disk.fault = ({ name }) => (name === "sync" ? "EIO" : undefined);
    await expect(log.append({ entries: entries(1, 4, 6) })).rejects.toMatchObject({
      code: "RAFT_LOG_FAILED",
    });
    disk.fault = () => undefined;
    // The same machine goes on: its cache still shows the entries whose sync failed.
    const restarted = await openOn(disk);
    expect(restarted.lastIndex).toBe(6);
    expect((await openOn(disk.afterPowerLoss(seeded(3)))).lastIndex).toBe(6);
  });
});
