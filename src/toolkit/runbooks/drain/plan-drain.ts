import type { DrainMark } from "../../../contract/drain-mark.ts";
import { UserError } from "../../../support/errors.ts";
import type { RunIdentity } from "../../runner/plan.ts";
import type { Phase } from "../../steps/phase.ts";
import { knownMachine } from "../../topology/known-machine.ts";
import type { Machine, Topology } from "../../topology/topology.ts";
import type { MachineSurvey } from "../survey/machine.ts";
import { markOf, ownerOf, type DrainArguments } from "./arguments.ts";
import { drainPhases } from "./drain-phases.ts";
import { objectionsToLeaving } from "./may-leave.ts";
import { objectionsToStopping } from "./may-stop.ts";
import { fault, raise, type Objection } from "./objections.ts";
import { described, drainedByHand, marksOf, objectionToOwner } from "./ownership.ts";
import { secondLook } from "./second-look.ts";

export interface PlannedDrain {
  readonly machine: Machine;
  readonly phases: readonly Phase[];
  /** Where something is to be stopped on the machine afterwards: as late as can be before that. */
  readonly beforeStopping: Phase;
  readonly notes: readonly string[];
}

/** What is drained, for a command that may have no --force. */
export type DrainOrder = Omit<DrainArguments, "force"> & Partial<Pick<DrainArguments, "force">>;

/** The drain of a machine, for whatever is to be done with it; throws what speaks against it. */
export function planDrain(
  topology: Topology,
  args: DrainOrder,
  surveys: ReadonlyMap<string, MachineSurvey>,
  run: RunIdentity,
  work: DrainMark["work"],
): PlannedDrain {
  const machine = requireMachine(topology, args.machine, surveys);
  const marks = marksOf(machine.name, surveys);
  const objections = [
    ...objectionToOwner(machine.name, marks, ownerOf(run.operator)),
    ...unprepared(surveys),
    ...(marks.length === 0 ? drainedByHand(machine.name, surveys) : []),
    ...(work === "maintenance" ? objectionsToStopping : objectionsToLeaving)(topology, machine, surveys),
  ];
  const forced = raise(`${machine.name} cannot be drained`, objections, args.force);
  const group = `drain ${machine.name}`;
  const mark = markOf(args, run, work);
  return {
    machine,
    phases: drainPhases({ topology, machine, surveys, mark, times: args, group }),
    beforeStopping: secondLook({ topology, machine, surveys, force: args.force, group }),
    notes: [...forced, ...notes(topology, machine, surveys)],
  };
}

/** Throws MACHINE_UNKNOWN and DRAIN_UNREACHABLE. */
export function requireMachine(
  topology: Topology,
  name: string,
  surveys: ReadonlyMap<string, MachineSurvey>,
): Machine {
  const machine = knownMachine(topology, name);
  if (surveys.has(name)) return machine;
  throw new UserError(
    "DRAIN_UNREACHABLE",
    `${name} does not answer, so it cannot be told anything`,
    "the balancers send nothing to a machine that is down; give it its power or its network back first",
  );
}

function unprepared(surveys: ReadonlyMap<string, MachineSurvey>): readonly Objection[] {
  const names = [...surveys.values()]
    .filter(({ balancer }) => balancer && !balancer.isPrepared)
    .map(({ machine }) => machine.name);
  if (names.length === 0) return [];
  const sentence = `${names.join(" and ")} has not the files yet that keep a drain over a restart`;
  return [fault("DRAIN_UNPREPARED", sentence, "mbctl apply", false)];
}

function notes(
  topology: Topology,
  machine: Machine,
  surveys: ReadonlyMap<string, MachineSurvey>,
): readonly string[] {
  const { mark, cache, mailNode, member } = surveys.get(machine.name)!;
  const away = topology.machines.filter(
    ({ name, roles }) => roles.includes("balancer") && !surveys.has(name),
  );
  return [
    ...(mark
      ? [`${machine.name} is drained already, by ${described(mark)}: if this fails, it stays so`]
      : []),
    ...away.map(
      ({ name }) =>
        `${name} cannot be reached: it follows by itself when it returns, as the mail node of ${machine.name} sends new sessions away`,
    ),
    ...(cache?.role === "none"
      ? [`the cache of ${machine.name} does not answer, so it is not told anything`]
      : []),
    ...(mailNode && !mailNode.answer ? [`the mail node of ${machine.name} does not answer`] : []),
    ...(member && !member.inService ? [`the database of ${machine.name} is not in service`] : []),
  ];
}
