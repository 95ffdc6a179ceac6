import { afterEach, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { acquireCommand, LOCK_EXIT } from "../../../../src/toolkit/runner/lock/commands.ts";
import { ServedMachines } from "../../runbooks/rehearsal/served-machines.ts";

// Real programs and real handshakes: on a busy machine they take their time.
jest.setTimeout(300_000);

let machines: ServedMachines;
beforeEach(async () => {
  machines = await ServedMachines.start("drain");
});
afterEach(() => machines[Symbol.asyncDispose]());

const DRAIN = ["drain", "node-1", "--yes"] as const;
const HOLD = ["lock", "acquire", "--message", "the power company works until noon"] as const;
const EVERYWHERE = "node-1, node-2, node-3";
const FREE = { exitCode: 0, said: "node-1: free\nnode-2: free\nnode-3: free" };

async function mbctl(workstation: string, ...args: readonly string[]) {
  return (await machines.mbctl(workstation, ...args)).ended;
}

/** Resolves when somebody has found the lock held by another one. */
function refusal(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  machines.kept = (_machine, { argv }, { code }) =>
    void (argv[2] === acquireCommand("", "").argv[2] && code === LOCK_EXIT.held && resolve());
  return promise;
}

/** A drain that holds the lock and does not go on. */
async function heldDrain() {
  const { came, letGo } = machines.holdBack(8);
  const { ended } = await machines.mbctl("desk", ...DRAIN);
  await came;
  return { ended, letGo };
}

describe("a lock that is taken by hand", () => {
  it("keeps everybody out, tells why, and is given back by whoever took it", async () => {
    expect(await mbctl("desk", "lock", "status")).toEqual(FREE);
    expect(await mbctl("desk", ...HOLD)).toEqual({
      exitCode: 0,
      said: `held on ${EVERYWHERE} until: mbctl lock release`,
    });
    const who = /eve@\S+: mbctl lock acquire \(the power company works until noon\), taken by hand at /;
    const status = (await mbctl("laptop", "lock", "status")).said.split("\n");
    expect(status).toHaveLength(3);
    for (const [index, line] of status.entries()) {
      expect(line).toMatch(who);
      expect(line).toMatch(new RegExp(`^node-${index + 1}: `));
    }
    const documented = JSON.parse((await mbctl("laptop", "lock", "status", "--json")).said) as unknown;
    expect(documented).toMatchObject({
      machines: [1, 2, 3].map((n) => ({ machine: `node-${n}`, lock: { holder: { kind: "manual" } } })),
    });
    // A person's lock is not waited for: nobody knows for how long.
    const refused = await mbctl("laptop", ...DRAIN, "--lock-wait", "10m");
    expect([refused.exitCode, refused.said]).toEqual([1, expect.stringMatching(who)]);
    expect(refused.said).toContain("[LOCK_HELD]");
    expect(machines.count).toBe(0);
    expect(await mbctl("laptop", "lock", "release")).toEqual({
      exitCode: 0,
      said: `given back on ${EVERYWHERE}`,
    });
    expect(await mbctl("desk", "lock", "status")).toEqual(FREE);
    expect(await mbctl("desk", "lock", "release")).toEqual({ exitCode: 0, said: "there was no lock" });
  });

  it("is not given back by anybody else, unless with --force", async () => {
    await mbctl("desk", ...HOLD);
    machines.user = "mallory";
    const refused = await mbctl("laptop", "lock", "release");
    expect([refused.exitCode, refused.said]).toEqual([
      1,
      expect.stringMatching(/was not taken by you by hand \(seen on node-1\): eve@.*\[LOCK_NOT_OURS\]/s),
    ]);
    expect((await mbctl("laptop", "lock", "status")).said).toContain("taken by hand");
    expect(await mbctl("laptop", "lock", "release", "--force")).toEqual({
      exitCode: 0,
      said: `given back on ${EVERYWHERE}`,
    });
    expect(await mbctl("desk", "lock", "status")).toEqual(FREE);
  });

  it("stays where a machine does not answer, which is said", async () => {
    await mbctl("desk", ...HOLD);
    machines.cutOff("node-3");
    const some = await mbctl("desk", "lock", "release");
    expect([some.exitCode, some.said]).toEqual([0, expect.stringContaining("given back on node-1, node-2")]);
    expect(some.said).toMatch(/node-3 \(.*; a lock that it bears stays there$/m);
    machines.cutOff("node-1");
    machines.cutOff("node-2");
    const none = await mbctl("desk", "lock", "release");
    expect([none.exitCode, none.said]).toEqual([1, expect.stringContaining("node-1")]);
    expect(none.said).not.toContain("there was no lock");
  });
});

describe("the lock of a run", () => {
  it("is shown, and taken away from it only with --force: then it stops, and can be resumed", async () => {
    const run = await heldDrain();
    expect((await mbctl("laptop", "lock", "status")).said).toMatch(
      /^node-1: eve@\S+: mbctl drain node-1, last heard of \d+ s ago$/m,
    );
    const refused = await mbctl("laptop", "lock", "release");
    expect([refused.exitCode, refused.said]).toEqual([1, expect.stringContaining("[LOCK_NOT_OURS]")]);
    expect((await mbctl("laptop", "lock", "release", "--force")).exitCode).toBe(0);
    run.letGo();
    const { exitCode, said } = await run.ended;
    expect([exitCode, said]).toEqual([1, expect.stringContaining("[LOCK_LOST]")]);
    expect(await mbctl("laptop", "resume", "--yes")).toMatchObject({ exitCode: 0 });
    expect(await mbctl("desk", "lock", "status")).toEqual(FREE);
  });

  it("is waited for by another run, which then goes on", async () => {
    const first = await heldDrain();
    const met = refusal();
    const second = await machines.mbctl("laptop", ...DRAIN, "--lock-wait", "10m");
    await met;
    const before = machines.count;
    first.letGo();
    expect((await first.ended).exitCode).toBe(0);
    const { state } = machines;
    const { exitCode, said } = await second.ended;
    expect([exitCode, said]).toEqual([
      0,
      expect.stringMatching(/^waiting for eve@\S+: mbctl drain node-1, /m),
    ]);
    expect(said.match(/^waiting for /gm)).toHaveLength(1);
    expect(machines.count).toBeGreaterThan(before);
    expect(machines.state).toEqual(state);
  });

  it("is waited for by a person who wants it, until they do not want it any more", async () => {
    const run = await heldDrain();
    const met = refusal();
    const waiting = await machines.mbctl("laptop", ...HOLD, "--lock-wait", "10m");
    await met;
    process.kill(waiting.pid, "SIGINT");
    const { exitCode, said } = await waiting.ended;
    expect([exitCode, said]).toEqual([130, expect.stringContaining("[INTERRUPTED]")]);
    run.letGo();
    expect((await run.ended).exitCode).toBe(0);
    expect(await mbctl("desk", "lock", "status")).toEqual(FREE);
  });
});
