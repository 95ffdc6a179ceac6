import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "@jest/globals";
import type { Disk } from "../../../src/mailnode/disk/disk.ts";
import { ForgetfulDisk, type Operation } from "../../../src/mailnode/disk/forgetful-disk.ts";
import { realDisk } from "../../../src/mailnode/disk/real-disk.ts";
import type { DeliveryState, QueueEntry } from "../../../src/mailnode/queue/entry.ts";
import { Spool } from "../../../src/mailnode/queue/spool.ts";
import { systemEnv } from "../../../src/mailnode/node/system-env.ts";
import { accept, bodyIn, bodyOf, envelope } from "../fixtures/messages.ts";
import { seeded } from "../fixtures/random.ts";

/** Of a message that was given up. */
const state: DeliveryState = {
  attempts: 1,
  nextTryAt: 1,
  pending: [],
  failed: [{ recipient: "b@example.com", status: "5.1.1", reason: "550 no" }],
};

const open = (disk: ForgetfulDisk) => Spool.open(disk, "/spool", systemEnv);

describe("the spool", () => {
  let disk: ForgetfulDisk;
  let spool: Spool;
  beforeEach(async () => {
    disk = new ForgetfulDisk();
    ({ spool } = await open(disk));
  });

  const failing = (name: Operation["name"], within = "") => {
    disk.fault = (operation) =>
      operation.name === name && operation.path.includes(within) ? "EIO" : undefined;
  };

  it("finds after a restart what it accepted, with its body and as never tried", async () => {
    await accept(spool, envelope("m1"));
    const { spool: next, recovery } = await open(disk.afterPowerLoss(seeded(1)));
    expect(recovery).toMatchObject({ foreign: [], unreadable: [] });
    expect(recovery.entries).toHaveLength(1);
    const entry = recovery.entries[0]!;
    expect(entry.envelope).toEqual(envelope("m1"));
    expect(entry.state).toEqual({ attempts: 0, nextTryAt: 1_000, pending: ["b@example.com"], failed: [] });
    expect(await bodyIn(next, entry)).toBe(bodyOf("m1"));
  });

  it("removes what was begun and never committed", async () => {
    const intake = await spool.begin(envelope("m1"));
    await intake.append(Buffer.from("half"));
    const next = disk.afterKill();
    const { recovery } = await open(next);
    expect(recovery.entries).toEqual([]);
    expect(await next.list("/spool/incoming")).toEqual([]);
  });

  it("finds the last state that was saved", async () => {
    await accept(spool, envelope("m1", { recipients: ["b@example.com", "c@example.com"] }));
    const last = { attempts: 3, nextTryAt: 9_000, pending: ["c@example.com"], failed: [] };
    await spool.saveState("m1", { ...last, attempts: 2 });
    await spool.saveState("m1", last);
    const { recovery } = await open(disk.afterPowerLoss(seeded(2)));
    expect(recovery.entries[0]!.state).toEqual(last);
  });

  it("forgets what is finished, durably, with its state", async () => {
    await accept(spool, envelope("m1"));
    await spool.saveState("m1", { attempts: 1, nextTryAt: 1, pending: [], failed: [] });
    await spool.finish("m1");
    const next = disk.afterPowerLoss(seeded(3));
    expect((await open(next)).recovery.entries).toEqual([]);
    expect(await next.list("/spool/queue")).toEqual([]);
  });

  it("keeps what nobody can be told of in failed/, with the reasons", async () => {
    await accept(spool, envelope("m1", { sender: "" }));
    await spool.setAside("m1", state);
    const next = disk.afterPowerLoss(seeded(4));
    expect((await open(next)).recovery.entries).toEqual([]);
    expect(await next.list("/spool/failed")).toEqual(["m1", "m1.state"]);
  });

  it("moves a file that is no message to failed/ and starts all the same", async () => {
    const file = await disk.create("/spool/queue/strange");
    await file.append(Buffer.from("not an envelope\n"));
    const { recovery } = await open(disk);
    expect(recovery).toMatchObject({ entries: [], foreign: ["strange"] });
    expect(await disk.list("/spool/failed")).toEqual(["strange"]);
  });

  it("starts a message anew whose state cannot be read", async () => {
    await accept(spool, envelope("m1"));
    const file = await disk.create("/spool/queue/m1.state");
    await file.append(Buffer.from('{"attempts":'));
    expect((await open(disk)).recovery.entries[0]!.state.attempts).toBe(0);
  });

  it.each(["m1", "m1.state"])(
    "leaves a message alone while the disk does not give %s, and finds the others",
    async (file) => {
      for (const id of ["m1", "m2"]) {
        await accept(spool, envelope(id, { recipients: ["b@example.com", "c@example.com"] }));
        await spool.saveState(id, { attempts: 1, nextTryAt: 1, pending: ["c@example.com"], failed: [] });
      }
      const idsOf = (entries: readonly QueueEntry[]) => entries.map((entry) => entry.envelope.id);
      disk.fault = ({ name, path }) => (name === "read" && path.endsWith(`/${file}`) ? "EIO" : undefined);
      expect(idsOf(await Spool.look(disk, "/spool", systemEnv))).toEqual(["m2"]);
      const { recovery } = await open(disk);
      expect(idsOf(recovery.entries)).toEqual(["m2"]);
      expect(recovery).toMatchObject({ foreign: [], unreadable: [{ name: "m1", error: { code: "EIO" } }] });
      expect(await disk.list("/spool/queue")).toEqual(["m1", "m1.state", "m2", "m2.state"]);
      disk.fault = () => undefined;
      const { entries } = (await open(disk)).recovery;
      expect(entries.map(({ state: { pending } }) => pending)).toEqual([
        ["c@example.com"],
        ["c@example.com"],
      ]);
    },
  );

  it("reads many messages of a large queue at once, but not all, and finds them in their order", async () => {
    const ids = Array.from({ length: 50 }, (_none, index) => `m${index + 10}`);
    for (const id of ids) await accept(spool, envelope(id));
    let reading = 0;
    let most = 0;
    const read = disk.read.bind(disk);
    disk.read = async function* (path) {
      most = Math.max(most, ++reading);
      // The later in the queue, the sooner among those that are read at once.
      for (let turns = 100 - Number(path.slice(-2)); turns > 0; turns--)
        await new Promise((resolve) => setImmediate(resolve));
      reading--;
      yield* read(path);
    };
    const { entries } = (await open(disk)).recovery;
    expect(most).toBe(16);
    expect(entries.map((entry) => entry.envelope.id)).toEqual(ids);
  });

  it("does not start with a queue that cannot be listed", async () => {
    failing("list", "/queue");
    await expect(open(disk)).rejects.toMatchObject({ code: "EIO" });
  });

  it.each([
    ["the sync of the content", "sync", "/incoming"],
    ["the close", "close", "/incoming"],
    ["the rename", "rename", "/queue"],
    ["the sync of the directory", "syncDirectory", "/queue"],
  ] as const)(
    "does not trust a message when %s failed, and leaves nothing of it",
    async (_what, name, within) => {
      failing(name, within);
      await expect(accept(spool, envelope("m1"))).rejects.toMatchObject({ code: "EIO" });
      disk.fault = () => undefined;
      expect(await disk.list("/spool/queue")).toEqual([]);
      expect(await disk.list("/spool/incoming")).toEqual([]);
    },
  );

  it("proves that it takes writes, and says when it does not", async () => {
    await spool.prove();
    expect(await disk.list("/spool/incoming")).toEqual([]);
    failing("sync");
    await expect(spool.prove()).rejects.toMatchObject({ code: "EIO" });
  });

  it.each(["append", "sync", "close"] as const)(
    "leaves nothing in incoming/ of a proof or a state that failed at %s",
    async (name) => {
      await accept(spool, envelope("m1"));
      failing(name, "/incoming/");
      await expect(spool.prove()).rejects.toMatchObject({ code: "EIO" });
      await expect(spool.saveState("m1", state)).rejects.toMatchObject({ code: "EIO" });
      expect(await disk.list("/spool/incoming")).toEqual([]);
    },
  );

  it("leaves nothing in incoming/ of a state that could not take its place", async () => {
    await accept(spool, envelope("m1"));
    failing("rename", "/queue/");
    await expect(spool.saveState("m1", state)).rejects.toMatchObject({ code: "EIO" });
    expect(await disk.list("/spool/incoming")).toEqual([]);
  });

  it("ends the setting aside of a message that had left the queue when the disk failed", async () => {
    await accept(spool, envelope("m1", { sender: "" }));
    disk.fault = ({ name, path }) => {
      if (name === "remove" && path === "/spool/queue/m1") failing("syncDirectory", "/queue");
      return undefined;
    };
    await expect(spool.setAside("m1", state)).rejects.toMatchObject({ code: "EIO" });
    disk.fault = () => undefined;
    await spool.setAside("m1", state);
    expect(await disk.list("/spool/failed")).toEqual(["m1", "m1.state"]);
    expect(await disk.list("/spool/queue")).toEqual([]);
  });

  it("keeps a message in the queue when failed/ was gone for a moment", async () => {
    const directory = await mkdtemp(join(tmpdir(), "spool-"));
    const failed = join(directory, "failed");
    const withGap: Disk = {
      ...realDisk,
      link: async (from, to) => {
        await rm(failed, { recursive: true });
        await realDisk.link(from, to).finally(() => mkdir(failed));
      },
    };
    try {
      const { spool: real } = await Spool.open(withGap, directory, systemEnv);
      await accept(real, envelope("m1", { sender: "" }));
      await expect(real.setAside("m1", state)).rejects.toMatchObject({ code: "ENOENT" });
      expect(await readdir(join(directory, "queue"))).toContain("m1");
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  it("shows the queue of a running node without touching it", async () => {
    await accept(spool, envelope("m1"));
    await spool.begin(envelope("m2"));
    const before = disk.operations;
    expect((await Spool.look(disk, "/spool", systemEnv)).map((entry) => entry.envelope.id)).toEqual(["m1"]);
    expect(disk.operations).toBeGreaterThan(before);
    expect(await disk.list("/spool/incoming")).toEqual(["m2"]);
  });

  it("never gives an id twice and sorts ids by time", () => {
    let now = 1_700_000_000_000;
    const timed = Spool.open(new ForgetfulDisk(), "/spool", {
      ...systemEnv,
      now: () => now,
      random: () => 0.5,
    });
    return timed.then(({ spool: same }) => {
      const ids = Array.from({ length: 50 }, () => same.newId());
      now += 60_000;
      ids.push(same.newId());
      expect(new Set(ids).size).toBe(51);
      expect(ids.at(-1)! > ids[0]!).toBe(true);
      expect(ids.every((id) => /^[a-z0-9-]+$/.test(id))).toBe(true);
    });
  });
});
