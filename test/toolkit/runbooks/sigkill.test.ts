import { afterEach, beforeAll, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { ServedMachines } from "./rehearsal/served-machines.ts";

// Real programs and real handshakes: on a busy machine they take their time.
jest.setTimeout(300_000);

const DRAIN = ["drain", "node-1", "--yes"] as const;

let machines: ServedMachines;
/** What a drain leaves that nothing disturbs, and how many commands that are its own it sends. */
let whole: Pick<ServedMachines, "state" | "count">;

beforeAll(async () => {
  await using undisturbed = await ServedMachines.start("drain");
  expect(await (await undisturbed.mbctl("desk", ...DRAIN)).ended).toEqual({
    exitCode: 0,
    said: expect.stringContaining("next: mbctl undrain node-1"),
  });
  const { state, count } = undisturbed;
  whole = { state, count };
});
beforeEach(async () => {
  machines = await ServedMachines.start("drain");
});
afterEach(() => machines[Symbol.asyncDispose]());

async function fresh(): Promise<void> {
  await machines[Symbol.asyncDispose]();
  machines = await ServedMachines.start("drain");
}

async function mbctl(workstation: string, ...args: readonly string[]) {
  return (await machines.mbctl(workstation, ...args)).ended;
}

describe("mbctl, as a program of its own against machines over SSH", () => {
  it("comes to the same end when it is resumed after a SIGKILL, here and elsewhere", async () => {
    for (const [share, workstation] of [
      [0.3, "desk"],
      [0.6, "laptop"],
      [0.9, "desk"],
    ] as const) {
      await fresh();
      const { pid, ended } = await machines.mbctl("desk", ...DRAIN);
      const last = Math.floor(whole.count * share);
      machines.after = ({ nth }) => void (nth === last && process.kill(pid, "SIGKILL"));
      expect((await ended).exitCode).toBeUndefined();
      expect(await mbctl(workstation, "resume", "--yes")).toEqual({
        exitCode: 0,
        said: expect.stringContaining("next: mbctl undrain node-1"),
      });
      expect({ share, state: machines.state }).toEqual({ share, state: whole.state });
    }
    expect((await mbctl("desk", "runs")).said).toMatch(/-drain-\w+ +done +mbctl drain node-1 +\(eve@/);
  });

  it("lets nothing else begin after a SIGKILL, and takes all of it back when it is aborted", async () => {
    const { pid, ended } = await machines.mbctl("desk", ...DRAIN);
    machines.after = ({ nth }) => void (nth === 15 && process.kill(pid, "SIGKILL"));
    await ended;
    const refused = await mbctl("laptop", "undrain", "node-1", "--yes");
    expect([refused.exitCode, refused.said]).toEqual([1, expect.stringContaining("[RUN_UNFINISHED]")]);
    const aborted = await mbctl("laptop", "abort", "--yes");
    expect([aborted.exitCode, aborted.said]).toEqual([0, expect.stringMatching(/taken back: \d+ steps/)]);
    expect((await mbctl("desk", "runs")).said).toMatch(/ aborted +mbctl drain node-1 /);
  });

  it("lets one of two operators in, and tells the other one who is there", async () => {
    const held = machines.holdBack(8);
    const first = await machines.mbctl("desk", ...DRAIN);
    await held.came;
    const second = await mbctl("laptop", "drain", "node-2", "--yes");
    held.letGo();
    expect([second.exitCode, second.said]).toEqual([
      1,
      expect.stringMatching(
        /the cluster is locked \(seen on node-1\) by eve@.*: mbctl drain node-1.*\[LOCK_HELD\]/s,
      ),
    ]);
    expect((await first.ended).exitCode).toBe(0);
    expect(machines.state).toEqual(whole.state);
  });

  it("takes a drain back when a machine is cut off in its middle, and can be typed again", async () => {
    let isCut = false;
    machines.after = ({ nth, mutates, connection }) => {
      if (nth < 10 || !mutates || isCut) return;
      isCut = true;
      connection.end();
    };
    const cut = await mbctl("desk", ...DRAIN);
    expect([cut.exitCode, isCut]).toEqual([1, true]);
    expect(cut.said).toContain('what "drain node-1" had done until then was taken back');
    expect(machines.state).not.toEqual(whole.state);
    expect((await mbctl("desk", ...DRAIN)).exitCode).toBe(0);
    expect(machines.state).toEqual(whole.state);
  });

  it.each([0.4, 0.8])(
    "stops where a machine stays cut off from %d of the way on, says so, and is resumed when it is back",
    async (share) => {
      const from = Math.floor(whole.count * share);
      machines.before = ({ nth, machine }) => {
        if (nth >= from && machine === "node-1") machines.cutOff(machine);
      };
      const cut = await mbctl("desk", ...DRAIN);
      expect([cut.exitCode, cut.said]).toEqual([1, expect.stringMatching(/node-1 \(.*\[UNDO_FAILED\]/s)]);
      machines.before = () => undefined;
      machines.heal();
      expect(await mbctl("desk", "resume", "--yes")).toEqual({
        exitCode: 0,
        said: expect.stringContaining("next: mbctl undrain node-1"),
      });
      expect(machines.state).toEqual(whole.state);
    },
  );
});
