import { stripVTControlCharacters } from "node:util";
import { UserError } from "../../../src/support/errors.ts";
import type { RunbookContext } from "../../../src/toolkit/runbooks/runbook.ts";
import { lineReporter } from "../../../src/toolkit/runner/reporter.ts";
import { runPhases } from "../../../src/toolkit/runner/run-phases.ts";
import { services } from "../../../src/toolkit/services/registry.ts";
import type { Answer, Command } from "../../../src/toolkit/steps/command.ts";
import type { Phase } from "../../../src/toolkit/steps/phase.ts";
import type { Topology } from "../../../src/toolkit/topology/topology.ts";
import { threeMachines } from "../fixtures/three-machines.ts";
import { runOptions } from "../runner/fixtures.ts";

export const RUN = {
  id: "20261122-1800-abcd",
  at: 1_795_370_400_000,
  operator: { user: "eve", host: "desk" },
};

/** What a runbook is given, over a topology; one that asks for a secret without need fails. */
export function runbookContext(topology: Topology = threeMachines): RunbookContext {
  return {
    topology,
    services,
    secrets: () => Promise.reject(new Error("this runbook needs no secret")),
    directory: "/nowhere",
    project: { folder: "/nowhere" },
    overrides: [],
    environment: {},
  };
}

export const ok: Answer = { code: 0, stdout: "", stderr: "" };

/** The whole text of a dry run, over machines that answer what they are asked. */
export async function dryRun(
  phases: readonly Phase[],
  answer: (machine: string, command: Command) => Answer = () => ok,
): Promise<string> {
  const lines: string[] = [];
  const transport = {
    run: (machine: string, command: Command) => Promise.resolve(answer(machine, command)),
    close: () => Promise.resolve(),
  };
  const reporter = lineReporter((line) =>
    lines.push(stripVTControlCharacters(line).replace(/ \d+\.\d s/, "")),
  );
  await runPhases(phases, runOptions({ transport, reporter, dryRun: true }));
  return lines.join("\n");
}

/** The refusal that a runbook ends with. */
export async function refusalOf(attempt: () => unknown): Promise<UserError> {
  try {
    await attempt();
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

/** Titles as "machine: title", stage by stage. */
export function titlesOf(phase: Phase, answers: ReadonlyMap<string, Answer>): readonly (readonly string[])[] {
  return phase.decide(answers).map((stage) => stage.map(({ machine, title }) => `${machine}: ${title}`));
}
