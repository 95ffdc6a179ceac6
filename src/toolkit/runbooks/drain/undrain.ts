import type { Plan } from "../../runner/plan.ts";
import { machinesWith, type Topology } from "../../topology/topology.ts";
import type { Runbook } from "../runbook.ts";
import { parseSurvey, type MachineSurvey } from "../survey/machine.ts";
import { surveyOf } from "../survey/survey.ts";
import { ownerOf, undrainArguments, type UndrainArguments } from "./arguments.ts";
import { reachableBalancers } from "./drain-phases.ts";
import { fault, raise, type Objection } from "./objections.ts";
import { described, drainedByHand, marksOf, objectionToOwner } from "./ownership.ts";
import { knownMachine } from "../../topology/known-machine.ts";
import { requireMachine } from "./plan-drain.ts";
import { undrainPhases } from "./undrain-phases.ts";

/** Gives a drained machine back. Only what the same operator has drained, unless forced. */
export const undrain: Runbook<UndrainArguments> = {
  name: "undrain",
  summary: "give a drained machine back, and prove that it serves",
  arguments: undrainArguments,
  isRepeatable: true,
  survey: ({ topology }, { machine }) =>
    surveyOf(topology, knownMachine(topology, machine), { withStorage: false }),
  plan: ({ topology }, args, answers, run): Plan => {
    const surveys = parseSurvey(topology, answers);
    const machine = requireMachine(topology, args.machine, surveys);
    const marks = marksOf(machine.name, surveys);
    const byHand = drainedByHand(machine.name, surveys);
    const own = surveys.get(machine.name)!;
    if (marks.length === 0 && byHand.length === 0 && !own.hasVipMark)
      return { phases: [], notes: [`${machine.name} is not drained`], next: "mbctl status" };
    const objections = [
      ...objectionToOwner(machine.name, marks, ownerOf(run.operator)),
      ...inMaintenance(own),
      ...(marks.length === 0 ? byHand : []),
    ];
    const notes = raise(`${machine.name} is not given back`, objections, args.force);
    return {
      phases: undrainPhases(machine, reachableBalancers(surveys)),
      notes: [...notes, ...unreachable(topology, machine.name, surveys)],
      next: "mbctl status",
    };
  },
};

function inMaintenance({ mark, machine }: MachineSurvey): readonly Objection[] {
  if (mark?.work !== "maintenance") return [];
  const sentence = `it is in maintenance by ${described(mark)}, and its services may be stopped`;
  const remedy = `mbctl maintenance exit ${machine.name}`;
  return [fault("IN_MAINTENANCE", sentence, remedy, false)];
}

/** A balancer that is away keeps what it was told until somebody tells it otherwise. */
export function unreachable(
  topology: Topology,
  machine: string,
  surveys: ReadonlyMap<string, MachineSurvey>,
): readonly string[] {
  return machinesWith(topology, "balancer")
    .filter(({ name }) => !surveys.has(name))
    .map(({ name }) => `${name} cannot be reached: when it is back, type mbctl undrain ${machine} once more`);
}
