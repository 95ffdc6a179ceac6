import { mkdir, readFile, writeFile } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { ClusterLock, type LockOptions } from "../../../../src/toolkit/runner/lock/cluster-lock.ts";
import { showLockCommand } from "../../../../src/toolkit/runner/lock/commands.ts";
import { fenced, isFencedOff } from "../../../../src/toolkit/runner/lock/fence.ts";
import { parseLock, type Holder } from "../../../../src/toolkit/runner/lock/holder.ts";
import { neverInterrupted } from "../../../../src/toolkit/runner/interruption.ts";
import { systemEnv } from "../../../../src/toolkit/runner/system-env.ts";
import { act, script } from "../../../../src/toolkit/steps/command.ts";
import { FolderMachines } from "../machines.ts";

const MACHINES = ["node-1", "node-2", "node-3"];

let machines: FolderMachines;
const open: ClusterLock[] = [];
beforeEach(async () => (machines = await FolderMachines.make()));
afterEach(async () => {
  machines.silent.clear();
  machines.before = async () => undefined;
  await Promise.all(open.splice(0).map((lock) => lock.release()));
  await machines.remove();
});

function holder(changes: Partial<Holder> = {}): Holder {
  return {
    kind: "run",
    run: "r1",
    command: "mbctl drain node-2",
    user: "alice",
    host: "desk",
    pid: 1,
    at: 0,
    ...changes,
  };
}

async function acquire(token: string, changes: Partial<LockOptions> = {}): Promise<ClusterLock> {
  const lock = await ClusterLock.acquire({
    transport: machines,
    env: systemEnv,
    machines: MACHINES,
    holder: holder(),
    token,
    isDead: () => false,
    waitMs: 0,
    acceptMinority: false,
    interruption: neverInterrupted,
    say: () => undefined,
    ...changes,
  });
  open.push(lock);
  return lock;
}

/** Moves the last sign of life into the past, by the machine's own uptime. */
async function age(machine: string, seconds: number): Promise<void> {
  const path = machines.path(machine, "runs/lock/beat");
  const [boot, then] = (await readFile(path, "utf8")).trim().split(" ");
  await writeFile(path, `${boot} ${Number(then) - seconds}\n`);
}

async function lockOn(machine: string) {
  return parseLock((await machines.run(machine, showLockCommand())).stdout);
}

const touch = act(script('mkdir -p "$1"\ntouch "$1/touched"', ["@machine"]));

describe("the lock of a cluster", () => {
  it("is held on every machine that answers, and gone after its release", async () => {
    const lock = await acquire("t1");
    expect(lock.machines).toEqual(MACHINES);
    expect(await lockOn("node-2")).toMatchObject({ token: "t1", holder: holder() });
    await lock.release();
    expect(await lockOn("node-2")).toBeUndefined();
  });

  it("is refused to a second run, with who holds it since when, and leaves nothing behind", async () => {
    await acquire("t1");
    await expect(acquire("t2")).rejects.toMatchObject({
      code: "LOCK_HELD",
      message: expect.stringMatching(/alice@desk: mbctl drain node-2, last heard of \d+ s ago/),
    });
    expect(await lockOn("node-3")).toMatchObject({ token: "t1" });
  });

  it("is not taken over on a machine that its holder does not reach while it renews it elsewhere", async () => {
    await acquire("t1");
    await age("node-1", 1000);
    await expect(acquire("t2")).rejects.toMatchObject({
      code: "LOCK_HELD",
      message: expect.stringContaining("seen on node-2"),
    });
    expect(await lockOn("node-1")).toMatchObject({ token: "t1" });
  });

  it("is got by one of many who come at the same time", async () => {
    const results = await Promise.allSettled(
      Array.from({ length: 8 }, (_, index) => acquire(`t${index}`, { machines: MACHINES })),
    );
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  });

  it("needs a majority of the machines, and says what the silent ones said", async () => {
    machines.silent.add("node-1").add("node-3");
    await expect(acquire("t1")).rejects.toMatchObject({
      code: "LOCK_NO_MAJORITY",
      message: expect.stringContaining("node-1 does not answer"),
    });
    expect(await lockOn("node-2")).toBeUndefined();
    expect((await acquire("t1", { acceptMinority: true })).machines).toEqual(["node-2"]);
  });

  it("may be taken over when it was silent for 90 seconds, and not a second before", async () => {
    await acquire("t1");
    await Promise.all(MACHINES.map((machine) => age(machine, 80)));
    await expect(acquire("t2")).rejects.toMatchObject({ code: "LOCK_HELD" });
    await Promise.all(MACHINES.map((machine) => age(machine, 15)));
    expect((await acquire("t2")).machines).toEqual(MACHINES);
  });

  it("is renewed from the first machine on while another one is waited for", async () => {
    const env = {
      ...systemEnv,
      sleep: (ms: number, signal?: AbortSignal) => systemEnv.sleep(ms === 15_000 ? 10 : ms, signal),
    };
    const asked = Promise.withResolvers<void>();
    const answers = Promise.withResolvers<void>();
    machines.before = async (machine) => {
      if (machine !== "node-2") return;
      asked.resolve();
      await answers.promise;
    };
    const taking = acquire("t1", { env });
    await asked.promise;
    await age("node-1", 1000);
    while ((await lockOn("node-1"))!.ageSeconds >= 90) await systemEnv.sleep(10);
    answers.resolve();
    expect((await taking).machines).toEqual(MACHINES);
  });

  it("is proven once more when it took long to be had", async () => {
    let now = 0;
    const never = (_ms: number, signal?: AbortSignal) => systemEnv.sleep(100_000, signal);
    machines.before = async (machine) => void (machine === "node-2" && (now = 600_000));
    const lock = await acquire("t1", { env: { ...systemEnv, monotonic: () => now, sleep: never } });
    machines.before = async () => undefined;
    now = 680_000;
    expect(() => lock.check()).not.toThrow();
  });

  it("taken by hand never goes stale and is not waited for", async () => {
    const byHand = await acquire("t1", { holder: holder({ kind: "manual", message: "until noon" }) });
    await byHand.leave();
    await Promise.all(MACHINES.map((machine) => age(machine, 100_000)));
    await expect(acquire("t2", { waitMs: 60_000 })).rejects.toMatchObject({
      code: "LOCK_HELD",
      message: expect.stringContaining("(until noon), taken by hand"),
    });
  });

  it("counts a reboot as silence, by the time since it", async () => {
    await acquire("t1");
    const path = machines.path("node-1", "runs/lock/beat");
    await writeFile(path, "another-boot 99999999\n");
    const uptime = Number((await readFile("/proc/uptime", "utf8")).split(".")[0]);
    expect((await lockOn("node-1"))!.ageSeconds).toBeGreaterThanOrEqual(uptime);
  });

  it("is taken on a machine that comes back later, while a majority is still proven", async () => {
    machines.silent.add("node-3");
    const lock = await acquire("t1");
    machines.silent.clear();
    await lock.extendTo("node-3");
    expect(lock.machines).toEqual(MACHINES);
  });

  it("is not extended by a holder that was taken over", async () => {
    machines.silent.add("node-3");
    const asleep = await acquire("t1");
    machines.silent.clear();
    await Promise.all(["node-1", "node-2"].map((machine) => age(machine, 100)));
    const other = await acquire("t2");
    await other.release();
    await expect(asleep.extendTo("node-3")).rejects.toMatchObject({ code: "LOCK_LOST" });
    expect(await lockOn("node-3")).toBeUndefined();
    expect(asleep.machines).toEqual([]);
  });

  it("is not extended where no majority says at that moment that it is held", async () => {
    machines.silent.add("node-3");
    const lock = await acquire("t1");
    machines.silent.clear();
    machines.silent.add("node-2");
    await expect(lock.extendTo("node-3")).rejects.toMatchObject({ code: "LOCK_LOST" });
    expect(await lockOn("node-3")).toBeUndefined();
    machines.silent.clear();
    await lock.extendTo("node-3");
    expect(lock.machines).toEqual(MACHINES);
  });

  it("leaves another's lock alone at its release", async () => {
    const asleep = await acquire("t1");
    await Promise.all(MACHINES.map((machine) => age(machine, 100)));
    await acquire("t2");
    await asleep.release();
    expect(await lockOn("node-1")).toMatchObject({ token: "t2" });
  });
});

describe("a fenced command", () => {
  it("runs with its input while the lock is held, and answers as it would alone", async () => {
    await acquire("t1");
    const echo = act(["sh", "-c", 'cat; echo "$1" >&2; exit 3', "sh", "it's"], { stdin: "input" });
    expect(await machines.run("node-1", fenced(echo, "t1"))).toEqual({
      code: 3,
      stdout: "input",
      stderr: "it's\n",
    });
  });

  it("of a holder that woke up after its lock was taken over changes nothing", async () => {
    await acquire("t1");
    await Promise.all(MACHINES.map((machine) => age(machine, 100)));
    await acquire("t2");
    const answer = await machines.run("node-1", fenced(touch, "t1"));
    expect(isFencedOff(answer)).toBe(true);
    await expect(readFile(machines.path("node-1", "touched"))).rejects.toMatchObject({ code: "ENOENT" });
  });

  it("changes nothing on a machine that never bore a lock", async () => {
    await mkdir(machines.path("node-1", ""), { recursive: true });
    expect(isFencedOff(await machines.run("node-1", fenced(touch, "t1")))).toBe(true);
  });

  it("that still runs is waited for by whoever takes the lock over", async () => {
    await acquire("t1");
    const slow = act(
      script('until [ -e "$1/go" ]; do sleep 0.02; done\necho slow >> "$1/log"', ["@machine"]),
    );
    const running = machines.run("node-1", fenced(slow, "t1"));
    // The fence is held once the shell of the command runs.
    const isHeld = act(script('flock --exclusive --nonblock "$1/runs/fence" true', ["@machine"]));
    while ((await machines.run("node-1", isHeld)).code === 0) await systemEnv.sleep(10);
    await Promise.all(MACHINES.map((machine) => age(machine, 100)));
    const taking = acquire("t2").then(() =>
      machines.run("node-1", act(script('echo taken >> "$1/log"', ["@machine"]))),
    );
    // As if it had been waited for since long: a sign of life from before the wait would be stale by now.
    const waits = act(script('[ -e "$1/runs/lock.t2/token" ]', ["@machine"]));
    while ((await machines.run("node-1", waits)).code !== 0) await systemEnv.sleep(10);
    await writeFile(machines.path("node-1", "runs/lock.t2/beat"), "another-boot 0\n");
    await writeFile(machines.path("node-1", "go"), "");
    await Promise.all([running, taking]);
    expect(await readFile(machines.path("node-1", "log"), "utf8")).toBe("slow\ntaken\n");
    expect(await readFile(machines.path("node-1", "runs/lock/beat"), "utf8")).not.toContain("another-boot");
  });

  it("does not leave the fence to a daemon that it starts", async () => {
    await acquire("t1");
    const daemon = act(script('setsid sh -c "sleep 5" > /dev/null 2>&1 < /dev/null &'));
    await machines.run("node-1", fenced(daemon, "t1"));
    const free = act(script('flock --exclusive --timeout 2 "$1/runs/fence" true', ["@machine"]));
    expect((await machines.run("node-1", free)).code).toBe(0);
  });
});
