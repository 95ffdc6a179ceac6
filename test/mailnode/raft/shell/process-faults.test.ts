import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterEach, describe, expect, it, jest } from "@jest/globals";
import { SmallDisk } from "../../fixtures/small-disk.ts";
import { until } from "../../fixtures/until.ts";
import { inexplicable } from "../../linearizable/clients.ts";
import { ProcessCluster } from "./process-cluster.ts";
import type { MemberProcess } from "./processes.ts";

/* Real processes, and elections among them, on a machine that may be busy. */
jest.setTimeout(180_000);

describe("processes on this machine whose links are cut", () => {
  let cluster: ProcessCluster;
  afterEach(() => cluster.end());

  /** Until all of these follow another one of them than `old`. */
  const follow = (members: readonly MemberProcess[], old: MemberProcess): Promise<void> =>
    until(() => {
      const leaders = new Set(members.map(({ leader }) => leader));
      const [leader] = leaders;
      return leaders.size === 1 && leader !== old.id && members.some(({ id }) => id === leader);
    });

  it("answer as one register each key: three, with the leader alone, then a leader that is heard by nobody", async () => {
    cluster = await ProcessCluster.start({ count: 3 });
    const talk = cluster.talk();
    for (const cut of ["cutOff", "silence"] as const) {
      const old = await cluster.leader();
      await wait(300);
      cluster[cut]([old]);
      await follow(cluster.othersThan(old), old);
      await wait(500);
      cluster.healAll();
      await until(() => old.leader !== old.id && old.leader !== undefined);
    }
    await wait(500);
    expect(await talk.end()).toBeGreaterThan(50);
    expect(inexplicable(cluster.recorder)).toEqual([]);
  });

  it("answer as one register each key: five, two of them cut off, then two killed and one stopped for a while", async () => {
    cluster = await ProcessCluster.start({ count: 5, clients: 1, pauseMs: 30 });
    const talk = cluster.talk();
    const old = await cluster.leader();
    const [companion, second, third] = cluster.othersThan(old);
    cluster.cutOff([old, companion!]);
    await follow(cluster.othersThan(old, companion!), old);
    await wait(500);
    cluster.healAll();
    await cluster.leader();
    await Promise.all([second!.kill(), third!.kill()]);
    const next = await cluster.leader();
    await wait(300);
    // Two of five are left to answer, which is no quorum, until it goes on.
    next.signal("SIGSTOP");
    await wait(1500);
    next.signal("SIGCONT");
    await cluster.leader();
    await Promise.all([second!, third!].map((member) => cluster.restart(member)));
    await wait(1000);
    expect(await talk.end()).toBeGreaterThan(50);
    expect(await cluster.distinctReads("x")).toHaveLength(1);
    expect(inexplicable(cluster.recorder)).toEqual([]);
  });
});

describe("a process whose disk is full", () => {
  /** Room for a segment of the log and a few snapshots. */
  const DISK_MIB = 68;
  let cluster: ProcessCluster;
  let disk: SmallDisk;

  afterEach(async () => {
    await cluster.end();
    await disk.unmount();
  });

  it("stops by itself and says why, the others go on, and it comes back when there is room", async () => {
    disk = await SmallDisk.mount(DISK_MIB);
    cluster = await ProcessCluster.start({
      count: 3,
      snapshotLogBytes: 5000,
      directoryOf: (number) => (number === 0 ? join(disk.path, "data") : undefined),
    });
    const small = cluster.members[0]!;
    const talk = cluster.talk();
    await cluster.leader();
    const filler = join(disk.path, "filler");
    const full = await writeFile(filler, Buffer.alloc(DISK_MIB * 2 ** 20)).catch((error: unknown) => error);
    expect(full).toMatchObject({ code: "ENOSPC" });
    await until(() => !small.running);
    expect(small.complaint).toMatch(/ENOSPC|no space left/i);
    await cluster.leader();
    await wait(500);
    await rm(filler);
    await cluster.restart(small);
    await until(() => small.leader !== undefined);
    await wait(500);
    expect(await talk.end()).toBeGreaterThan(50);
    const read = await cluster.operate(small, "x", { kind: "read" });
    expect(await cluster.operate(cluster.members[1]!, "x", { kind: "read" })).toEqual(read);
    expect(inexplicable(cluster.recorder)).toEqual([]);
  });
});
