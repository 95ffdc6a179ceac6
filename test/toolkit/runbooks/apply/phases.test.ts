import { describe, expect, it } from "@jest/globals";
import { packagesPhase } from "../../../../src/toolkit/runbooks/apply/packages.ts";
import { unitsPhase } from "../../../../src/toolkit/runbooks/apply/units.ts";
import { usersPhase } from "../../../../src/toolkit/runbooks/apply/users.ts";
import { healthPhase } from "../../../../src/toolkit/runbooks/apply/health.ts";
import type { Unit } from "../../../../src/toolkit/services/service.ts";
import type { Answer } from "../../../../src/toolkit/steps/command.ts";
import type { Phase } from "../../../../src/toolkit/steps/phase.ts";
import { threeMachines } from "../../fixtures/three-machines.ts";
import { toyService } from "../../fixtures/toy-service.ts";

function decide(phase: Phase, stdout: string, code = 0) {
  const answer: Answer = { code, stdout, stderr: "" };
  return phase.decide(new Map(phase.machines.map((machine) => [machine, answer])));
}

const argvs = (stages: ReturnType<typeof decide>) =>
  stages.flat().flatMap((step) => step.commands.map((command) => command.argv));

describe("packages", () => {
  const phase = packagesPhase(threeMachines, [
    toyService("a", { packages: ["haproxy", "socat"] }),
    toyService("b", { packages: ["socat"] }),
  ]);

  it("that are there and held need nothing", () => {
    expect(decide(phase, "haproxy\nsocat\n")).toEqual([]);
  });

  it("that are missing are installed in one step per machine, on all machines side by side", () => {
    const stages = decide(phase, "socat\n");
    expect(stages).toHaveLength(1);
    expect(stages[0]!.map((step) => `${step.machine}: ${step.title}`)).toEqual([
      "node-1: install and hold haproxy",
      "node-2: install and hold haproxy",
      "node-3: install and hold haproxy",
    ]);
    expect(stages[0]![0]!.commands[0]!.mutates).toBe(true);
  });
});

describe("system accounts", () => {
  const phase = usersPhase(threeMachines, [toyService("a", { users: ["mailbastion"] })]);

  it("are made where they are missing", () => {
    expect(decide(phase, "mailbastion:x:999:999::/nonexistent:/usr/sbin/nologin\n")).toEqual([]);
    expect(argvs(decide(phase, "", 2))[0]).toEqual(
      expect.arrayContaining(["useradd", "--system", "mailbastion"]),
    );
  });
});

describe("units", () => {
  const show = (load: string, active: string, file: string) =>
    `Id=x.service\nNames=x.service\nLoadState=${load}\nActiveState=${active}\nUnitFileState=${file}\n`;
  const phaseOf = (unit: Partial<Unit>) =>
    unitsPhase(
      threeMachines,
      toyService("x", { units: [{ name: "x.service", state: "running", enabled: true, ...unit }] }),
    );
  const verbs = (unit: Partial<Unit>, state: string) =>
    argvs(decide(phaseOf(unit), state).map((stage) => stage.slice(0, 1))).map((argv) =>
      argv[0] === "sh" ? "start" : argv.slice(1, -1).join(" "),
    );

  it("that are as they should be need nothing", () => {
    expect(verbs({}, show("loaded", "active", "enabled"))).toEqual([]);
    expect(verbs({ state: "masked", enabled: false }, show("masked", "inactive", "masked"))).toEqual([]);
    expect(verbs({ state: "stopped", enabled: false }, show("loaded", "inactive", "disabled"))).toEqual([]);
  });

  it("are enabled and started", () => {
    expect(verbs({}, show("loaded", "inactive", "disabled"))).toEqual(["enable", "start"]);
    expect(verbs({}, show("loaded", "failed", "enabled"))).toEqual(["start"]);
    expect(verbs({}, show("masked", "inactive", "masked"))).toEqual(["unmask", "enable", "start"]);
  });

  it("are enabled and not started where forming starts them", () => {
    expect(verbs({ startedByForm: true }, show("loaded", "inactive", "disabled"))).toEqual(["enable"]);
  });

  it("are masked or stopped where they are in the way", () => {
    expect(verbs({ state: "masked", enabled: false }, show("not-found", "inactive", ""))).toEqual([
      "mask --now",
    ]);
    expect(verbs({ state: "stopped", enabled: false }, show("loaded", "active", "enabled"))).toEqual([
      "disable",
      "stop",
    ]);
  });

  it("that cannot be enabled, as another unit pulls them in, are left so", () => {
    expect(verbs({}, show("loaded", "active", "static"))).toEqual([]);
  });
});

describe("health", () => {
  const phase = healthPhase(threeMachines, toyService("x", {}));

  it("is waited for and changes nothing", () => {
    expect(decide(phase, "")).toEqual([]);
    const [stage] = decide(phase, "", 1);
    expect(stage!.map((step) => [step.commands, step.verify!.command.argv])).toEqual(
      Array(3).fill([[], ["probe", "x"]]),
    );
  });
});
