import { describe, expect, it } from "@jest/globals";
import { hearMailNodesPhase } from "../../../../src/toolkit/services/mailnode/hear-phase.ts";
import { tellsOfCluster } from "../../../../src/toolkit/services/mailnode/members.ts";
import { threeMachines } from "../../fixtures/three-machines.ts";
import { printing, runWith } from "../shell.ts";
import { clusterPart, healthWith } from "./a-cluster.ts";

const health = (name: string) => JSON.stringify(healthWith(name, clusterPart(name)));
const waits = (texts: readonly string[]) =>
  hearMailNodesPhase(threeMachines)
    .decide(new Map(texts.map((stdout, at) => [`node-${at + 1}`, { code: 0, stdout, stderr: "" }])))
    .map((stage) => stage.map(({ machine }) => machine));

describe("hearing from the mail nodes", () => {
  it("waits for those that say nothing of their cluster: one that had just started was not taken in", () => {
    expect(waits([health("node-1"), health("node-2"), health("node-3")])).toEqual([]);
    expect(waits([health("node-1"), "", '{"status":"ok"}'])).toEqual([["node-2", "node-3"]]);
  });

  it("has a gate that is open when the node tells of its cluster, or does not run", () => {
    const { argv } = tellsOfCluster().command;
    const [shell, options, text, name, program] = argv;
    const code = (isActive: boolean, said: string) =>
      runWith([shell!, options!, text!, name!, "mbnode"], {
        programs: { systemctl: `exit ${isActive ? 0 : 3}`, mbnode: printing(said) },
      }).code;
    expect(program).toMatch(/mbnode$/);
    expect(code(true, health("node-1"))).toBe(0);
    expect(code(true, '{"status":"ok"}')).toBe(1);
    expect(code(false, "")).toBe(0);
  });
});
