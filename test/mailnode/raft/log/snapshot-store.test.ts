import { beforeEach, describe, expect, it } from "@jest/globals";
import { ForgetfulDisk } from "../../../../src/mailnode/disk/forgetful-disk.ts";
import { SnapshotStore } from "../../../../src/mailnode/raft/log/snapshot-store.ts";
import { crc32c } from "../../../../src/support/crc32c.ts";
import { seeded } from "../../fixtures/random.ts";
import { snapshotOf } from "./log-story.ts";

const CONTENT = Uint8Array.from({ length: 3000 }, (_, i) => (i * 7) & 255);

async function write(store: SnapshotStore, term: number, index: number, content = CONTENT): Promise<void> {
  const writer = await store.begin(snapshotOf(term, index));
  for (let at = 0; at < content.length; at += 700) await writer.append(content.subarray(at, at + 700));
  await writer.commit();
}

async function contentOf(store: SnapshotStore, term: number, index: number): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of store.read({ term, index })) pieces.push(piece);
  return Buffer.concat(pieces);
}

describe("the snapshots of a log", () => {
  let disk: ForgetfulDisk;
  let store: SnapshotStore;
  beforeEach(async () => {
    disk = new ForgetfulDisk();
    await disk.makeDirectory("/log");
    store = new SnapshotStore(disk, "/log");
  });

  it("are read as they were written, also when they are empty, as a witness's are", async () => {
    await write(store, 2, 9);
    await write(store, 2, 10, new Uint8Array(0));
    expect(await contentOf(store, 2, 9)).toEqual(Buffer.from(CONTENT));
    expect(await contentOf(store, 2, 10)).toEqual(Buffer.alloc(0));
  });

  it("are known by the same length and checksum to who writes and who reads them", async () => {
    const writer = await store.begin(snapshotOf(1, 5));
    await writer.append(CONTENT);
    expect(writer.digest).toEqual({ bytes: 3000, crc: crc32c(CONTENT) });
    await writer.commit();
    expect(await store.verify({ term: 1, index: 5 })).toEqual(writer.digest);
  });

  it("can be tidied up by two at once", async () => {
    for (const index of [5, 6, 7]) await write(store, 1, index);
    await Promise.all([store.prune({ term: 1, index: 7 }), store.prune({ term: 1, index: 7 })]);
    expect(await disk.list("/log")).toHaveLength(1);
  });

  it("can be sent from any place on", async () => {
    await write(store, 1, 5);
    for (const [start, length] of [
      [0, 100],
      [1234, 1000],
      [2990, 1000],
      [3000, 10],
      [0, 9000],
    ] as const) {
      const piece = await store.piece({ term: 1, index: 5 }, start, length);
      expect(Buffer.from(piece)).toEqual(Buffer.from(CONTENT.subarray(start, start + length)));
    }
  });

  it("are there after a power loss once they are committed, and under no name before", async () => {
    for (let seed = 0; seed < 30; seed++) {
      const fresh = new ForgetfulDisk();
      await fresh.makeDirectory("/log");
      const own = new SnapshotStore(fresh, "/log");
      const writer = await own.begin(snapshotOf(1, 5));
      await writer.append(CONTENT);
      expect(own.holds({ term: 1, index: 5 })).toBe(false);
      expect(await fresh.afterPowerLoss(seeded(seed)).list("/log")).not.toContain(
        "snapshot-0000000000000005-0000000000000001.snap",
      );
      await writer.commit();
      expect(own.holds({ term: 1, index: 5 })).toBe(true);
      const after = new SnapshotStore(fresh.afterPowerLoss(seeded(seed)), "/log");
      expect(await contentOf(after, 1, 5)).toEqual(Buffer.from(CONTENT));
    }
  });

  it("are refused at the end of reading when any byte is another one, or the end is missing", async () => {
    await write(store, 1, 5);
    const path = store.path({ term: 1, index: 5 });
    const end = Array.from({ length: 12 }, (_, i) => CONTENT.length + i);
    for (const at of [0, 1500, 2999, ...end]) {
      // The highest bit of the length makes a number of it that nobody could have written.
      for (const bit of [0, 7]) {
        disk.blocking.flip(path, at, bit);
        await expect(store.verify({ term: 1, index: 5 })).rejects.toMatchObject({ code: "RAFT_LOG_DAMAGED" });
        disk.blocking.flip(path, at, bit);
      }
    }
    const cut = await disk.create("/log/snapshot-0000000000000007-0000000000000001.snap");
    await cut.append(CONTENT.subarray(0, 5));
    await expect(store.verify({ term: 1, index: 7 })).rejects.toMatchObject({ code: "RAFT_LOG_DAMAGED" });
  });

  it("fail for good when the disk does", async () => {
    const writer = await store.begin(snapshotOf(1, 5));
    disk.fault = ({ name }) => (name === "sync" ? "EIO" : undefined);
    await expect(writer.commit()).rejects.toMatchObject({ code: "RAFT_LOG_FAILED" });
    expect(store.holds({ term: 1, index: 5 })).toBe(false);
  });

  it("go when a later one stands for them; what is being written stays", async () => {
    await write(store, 1, 5);
    await write(store, 1, 9);
    await write(store, 2, 30);
    const writer = await store.begin(snapshotOf(2, 40));
    await store.prune({ term: 1, index: 9 });
    await writer.commit();
    expect(await disk.list("/log")).toEqual([
      "snapshot-0000000000000009-0000000000000001.snap",
      "snapshot-0000000000000030-0000000000000002.snap",
      "snapshot-0000000000000040-0000000000000002.snap",
    ]);
  });

  it("that a crash left behind go at the start, and one that was given up at once", async () => {
    await write(store, 1, 5);
    await write(store, 1, 9);
    await store.begin(snapshotOf(2, 40));
    await (await store.begin(snapshotOf(2, 40))).discard();
    const next = new SnapshotStore(disk, "/log");
    await next.clean({ term: 1, index: 5 });
    expect(await disk.list("/log")).toEqual(["snapshot-0000000000000005-0000000000000001.snap"]);
    expect(next.holds({ term: 1, index: 5 })).toBe(true);
  });
});
