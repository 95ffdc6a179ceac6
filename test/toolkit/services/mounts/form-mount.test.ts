import { describe, expect, it } from "@jest/globals";
import { formMountPhase } from "../../../../src/toolkit/services/mounts/form-mount.ts";
import { threeMachines } from "../../fixtures/three-machines.ts";

const phase = formMountPhase(threeMachines);
const answers = (...codes: number[]) =>
  new Map(codes.map((code, index) => [`node-${index + 1}`, { code, stdout: "", stderr: "" }]));

describe("mounting the shared quarantine", () => {
  it("has nothing to do where it is mounted", () => {
    expect(phase.decide(answers(0, 0, 0))).toEqual([]);
  });

  it("starts the keeper where it is not, and waits for the mount", () => {
    const [steps] = phase.decide(answers(0, 1, 0));
    expect(steps!.map(({ machine, commands }) => [machine, commands[0]!.argv])).toEqual([
      ["node-2", ["systemctl", "start", "mailbastion-quarantine.service"]],
    ]);
    expect(steps![0]!.verify!.command).toEqual(phase.observe("node-2"));
  });
});
