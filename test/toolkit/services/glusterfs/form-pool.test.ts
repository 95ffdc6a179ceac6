import { describe, expect, it } from "@jest/globals";
import { formPoolPhase } from "../../../../src/toolkit/services/glusterfs/form-pool.ts";
import type { Answer } from "../../../../src/toolkit/steps/command.ts";
import { threeMachines } from "../../fixtures/three-machines.ts";
import { runWith, printing } from "../shell.ts";
import { ADDRESSES, peerStatus, said } from "./recorded.ts";

const [first, second, third] = ADDRESSES;
const phase = formPoolPhase(threeMachines);
const decide = (...each: Answer[]) =>
  phase.decide(new Map(each.map((one, index) => [`node-${index + 1}`, one])));
const plan = (...each: Answer[]) =>
  decide(...each).map((stage) =>
    stage.map(({ machine, commands }) => `${machine}: ${commands[0]?.argv.join(" ") ?? "wait"}`),
  );
const PROBE = "gluster --mode=script peer probe";
const bare = said("");
const whole = [
  peerStatus([[second], [third]]),
  peerStatus([[first], [third]]),
  peerStatus([[first], [second]]),
] as const;

describe("joining the storage pool", () => {
  it("has nothing to do in a pool of all, known by their addresses", () => {
    expect(plan(...whole)).toEqual([]);
  });

  it("takes in the others from the first of bare machines, and tells one the first's address", () => {
    expect(plan(bare, bare, bare)).toEqual([
      [`node-1: ${PROBE} ${second}`],
      [`node-1: ${PROBE} ${third}`],
      [`node-2: ${PROBE} ${first}`],
    ]);
  });

  it("mends a first machine that the others know by a name alone", () => {
    const named = [peerStatus([["node-1.lan"], [third]]), peerStatus([["node-1.lan"], [second]])] as const;
    expect(plan(whole[0], ...named)).toEqual([[`node-2: ${PROBE} ${first}`]]);
    expect(plan(whole[0], peerStatus([["node-1.lan", first], [third]]), whole[2])).toEqual([]);
  });

  it("takes in a new machine from those that are a pool already", () => {
    expect(plan(bare, peerStatus([[third]]), peerStatus([[second]]))[0]).toEqual([
      `node-2: ${PROBE} ${first}`,
    ]);
  });

  it("waits for a peer that is not connected", () => {
    expect(plan(peerStatus([[second], [third]], "Disconnected"), whole[1], whole[2])).toEqual([
      ["node-1: wait"],
      ["node-1: wait"],
    ]);
  });

  it("probes nobody from a machine of the pool that has just started, whose own greeting it would cross", () => {
    const disconnected = peerStatus([[second], [third]], "Disconnected");
    expect(plan(whole[0], whole[1], bare)).toEqual([["node-3: wait"]]);
    expect(plan(disconnected, whole[1], bare)).toEqual([
      ["node-1: wait"],
      ["node-1: wait"],
      ["node-3: wait"],
    ]);
  });

  it("takes no machine out of another pool", () => {
    expect(() => decide(whole[0], whole[1], peerStatus([["10.0.0.9"]]))).not.toThrow();
    expect(() => decide(peerStatus([[second]]), peerStatus([[first]]), peerStatus([["10.0.0.9"]]))).toThrow(
      "node-3 is in a storage pool with 10.0.0.9",
    );
  });

  it("has a gate that finds the peer by any of its names, connected", () => {
    const gate = decide(bare, bare, bare)[0]![0]!.verify!.command.argv;
    const code = (answer: Answer) => runWith(gate, { programs: { gluster: printing(answer.stdout) } }).code;
    expect(code(peerStatus([[third], ["node-2.lan", second]]))).toBe(0);
    expect(code(peerStatus([[third]]))).toBe(1);
    expect(code(peerStatus([[second]], "Disconnected"))).toBe(1);
  });
});
