import { mkdir } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, it, jest } from "@jest/globals";
import type { Runnable } from "../../../src/toolkit/runner/plan.ts";
import { resumeRun } from "../../../src/toolkit/runner/resume-run.ts";
import { startRun } from "../../../src/toolkit/runner/start-run.ts";
import { act, ask } from "../../../src/toolkit/steps/command.ts";
import { plannedPhase } from "../../../src/toolkit/steps/phase.ts";
import { FolderMachines } from "./machines.ts";

// Shells are started, on a machine that others may use as well.
jest.setTimeout(120_000);

let machines: FolderMachines;
beforeEach(async () => {
  machines = await FolderMachines.make();
  await mkdir(machines.path("node-1", ""), { recursive: true });
});
afterEach(() => machines.remove());

/** A run that notes what happens, in order. Its step is done by `program`. */
function runnable(happened: string[], program = "true"): Runnable {
  const step = { title: "work", machine: "node-1", commands: [act([program])] };
  return {
    runbook: "test",
    command: "mbctl test",
    cluster: "acme",
    arguments: {},
    description: "d1",
    machines: ["node-1"],
    isRepeatable: false,
    supersedes: () => false,
    survey: { machines: ["node-1"], command: () => ask(["true"]) },
    plan: () => ({
      phases: [plannedPhase("work", [[step]])],
      before: (event) => Promise.resolve(void happened.push(`before: ${event}`)),
      conclude: () => Promise.resolve(void happened.push("conclude")),
    }),
  };
}

const start = (happened: string[], program?: string, dryRun = false) =>
  startRun(runnable(happened, program), { ...machines.settings(), dryRun });

describe("what a run does on this computer", () => {
  it("is done before the first step and after the last", async () => {
    const happened: string[] = [];
    await start(happened);
    expect(happened).toEqual(["before: begins", "conclude"]);
  });

  it("is concluded only by the attempt that finishes", async () => {
    const happened: string[] = [];
    await expect(start(happened, "false")).rejects.toMatchObject({ code: "STEP_FAILED" });
    expect(happened).toEqual(["before: begins"]);
    await resumeRun({
      ...machines.settings(),
      machines: ["node-1"],
      takeOver: false,
      bind: () => runnable(happened),
    });
    expect(happened).toEqual(["before: begins", "before: resumed", "conclude"]);
  });

  it("is not done by a dry run", async () => {
    const happened: string[] = [];
    await start(happened, "true", true);
    expect(happened).toEqual([]);
  });
});
