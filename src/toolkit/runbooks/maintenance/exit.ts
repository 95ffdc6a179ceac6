import { machinesWith, type Machine, type Topology } from "../../topology/topology.ts";
import { ownerOf, undrainArguments, type UndrainArguments } from "../drain/arguments.ts";
import { reachableBalancers } from "../drain/drain-phases.ts";
import { fault, raise, type Objection } from "../drain/objections.ts";
import { marksOf, objectionToOwner } from "../drain/ownership.ts";
import { knownMachine } from "../../topology/known-machine.ts";
import { requireMachine } from "../drain/plan-drain.ts";
import { unreachable } from "../drain/undrain.ts";
import { phasesWhileStarting, undrainStartedPhases } from "../drain/undrain-phases.ts";
import type { Runbook } from "../runbook.ts";
import { parseSurvey, type MachineSurvey } from "../survey/machine.ts";
import { surveyOf } from "../survey/survey.ts";
import { startPhases } from "./service-phases.ts";

/** Starts the services of a machine again, proves each of them, and gives the machine back. */
export const maintenanceExit: Runbook<UndrainArguments> = {
  name: "maintenance exit",
  summary: "start the services of a machine again, prove them, and give the machine back",
  arguments: undrainArguments,
  isRepeatable: true,
  survey: ({ topology }, { machine }) =>
    surveyOf(topology, knownMachine(topology, machine), { withStorage: false }),
  plan: ({ topology, services }, args, answers, run) => {
    const surveys = parseSurvey(topology, answers);
    const machine = requireMachine(topology, args.machine, surveys);
    const objections = [
      ...objectionToOwner(machine.name, marksOf(machine.name, surveys), ownerOf(run.operator)),
      ...nobodyToJoin(topology, machine, surveys),
    ];
    const notes = raise(`${machine.name} stays in maintenance`, objections, args.force);
    // The machine's own balancer is started on the way, so it is told as well.
    return {
      phases: [
        ...startPhases(topology, services, machine, phasesWhileStarting(machine)),
        ...undrainStartedPhases(machine, reachableBalancers(surveys)),
      ],
      notes: [...notes, ...unreachable(topology, machine.name, surveys)],
      next: "mbctl status",
    };
  },
};

/** A member that is started alone waits for the others without end; who begins is not decided by starting one. */
function nobodyToJoin(
  topology: Topology,
  machine: Machine,
  surveys: ReadonlyMap<string, MachineSurvey>,
): readonly Objection[] {
  const members = machinesWith(topology, "database");
  if (!machine.roles.includes("database") || members.length === 1) return [];
  if (members.some(({ name }) => surveys.get(name)?.member?.inService)) return [];
  const sentence = "no database member is in service that the one here could join";
  return [fault("MAINTENANCE_NO_DATABASE", sentence, "mbctl recover galera", false)];
}
