/*
 * What a project needs to write runbooks of its own: import ... from "mailbastion/runbooks".
 */
import type { Runbook } from "./runbook.ts";

export { act, ask, script, type Answer, type Command } from "../steps/command.ts";
export { plannedPhase, type Phase } from "../steps/phase.ts";
export type { Gate, Stage, Step } from "../steps/step.ts";
export type { Plan, RunIdentity, Survey } from "../runner/plan.ts";
export { knownMachine } from "../topology/known-machine.ts";
export { machineNamed, machinesWith, type Machine, type Topology } from "../topology/topology.ts";
export { UserError } from "../../support/errors.ts";
export type { Runbook, RunbookContext } from "./runbook.ts";

/** Only for the types: a runbook is plain data and functions. */
export function defineRunbook<Args>(runbook: Runbook<Args>): Runbook<Args> {
  return runbook;
}
