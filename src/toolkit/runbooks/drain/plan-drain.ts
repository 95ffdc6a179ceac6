import type { DrainMark } from "../../../contract/drain-mark.ts";
import { UserError } from "../../../support/errors.ts";
import { COPY_MARK } from "../../services/galera/names.ts";
import type { RunIdentity } from "../../runner/plan.ts";
import type { Phase } from "../../steps/phase.ts";
import { knownMachine } from "../../topology/known-machine.ts";
import type { Machine, Topology } from "../../topology/topology.ts";
import type { MachineSurvey } from "../survey/machine.ts";
import { markOf, ownerOf, type DrainArguments } from "./arguments.ts";
import { drainPhases } from "./drain-phases.ts";
import { objectionsToLeaving } from "./may-leave.ts";
import { fault, raise, type Objection } from "./objections.ts";
import { described, marksOf, objectionToOwner } from "./ownership.ts";

export interface PlannedDrain {
  readonly machine: Machine;
  readonly phases: readonly Phase[];
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
    ...objectionsToLeaving(topology, machine, surveys),
    ...(work === "maintenance" ? objectionsToCopies(machine, surveys) : []),
  ];
  const forced = raise(`${machine.name} cannot be drained`, objections, args.force);
  const phases = drainPhases({ topology, machine, surveys, mark: markOf(args, run, work), times: args });
  return { machine, phases, notes: [...forced, ...notes(topology, machine, surveys)] };
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

/** A donor that stops takes the joiner down with it; a joiner that stops begins its copy anew. */
function objectionsToCopies(
  machine: Machine,
  surveys: ReadonlyMap<string, MachineSurvey>,
): readonly Objection[] {
  const { isDonor = false, isCopiedTo = false } = surveys.get(machine.name)?.member ?? {};
  const giving = `its database gives a copy to another member just now`;
  const taking = `a copy of all data to its database has begun and not ended (${COPY_MARK})`;
  return [
    ...(isDonor ? [fault("DRAIN_QUORUM", giving, "wait until that one is synced", false)] : []),
    ...(isCopiedTo
      ? [
          fault(
            "DRAIN_QUORUM",
            taking,
            "wait until it is synced; of a mark left over mbctl status tells",
            true,
          ),
        ]
      : []),
  ];
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
