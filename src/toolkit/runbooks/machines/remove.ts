import * as z from "zod";
import { UserError } from "../../../support/errors.ts";
import type { Plan, RunIdentity } from "../../runner/plan.ts";
import { serializeDrainMark } from "../../../contract/drain-mark.ts";
import type { Service } from "../../services/service.ts";
import { act, type Answer } from "../../steps/command.ts";
import { plannedPhase, titledFor, type Phase } from "../../steps/phase.ts";
import { machineNamed, machinesWith, type Machine, type Topology } from "../../topology/topology.ts";
import { drainArguments, markOf } from "../drain/arguments.ts";
import { reachableBalancers } from "../drain/drain-phases.ts";
import { outOf } from "../drain/mail-steps.ts";
import { knownMachine } from "../../topology/known-machine.ts";
import { planDrain } from "../drain/plan-drain.ts";
import { stopPhases } from "../maintenance/service-phases.ts";
import { inOrder, lookAt, readLook, requireWhole, type Look } from "../rolling/look.ts";
import type { Runbook, RunbookContext } from "../runbook.ts";
import { votersIn, votesIn } from "../../topology/voters.ts";
import { refuseOtherWitness } from "./witness-stays.ts";
import { afterwards } from "./afterwards.ts";
import { cacheRestsAfter } from "./cache-rests.ts";
import { countMembers } from "./count-members.ts";
import { leavePhases } from "./leave-phases.ts";
import { without } from "./look.ts";
import { forgetPhases } from "./sentinel-phases.ts";

const removeArguments = drainArguments.omit({ machine: true, force: true }).extend({
  machines: z.array(z.string()).min(1),
  /** Those of them that do not answer never will. */
  gone: z.boolean().default(false),
});
export type RemoveArguments = z.output<typeof removeArguments>;

/** Takes machines out of the cluster that runs, before they are taken out of the description. */
export const removeMachine: Runbook<RemoveArguments> = {
  name: "remove machine",
  summary: "take machines out of the running cluster for good",
  arguments: removeArguments,
  // What it left behind is a machine that is half out: that is to be resumed.
  isRepeatable: false,
  survey: ({ topology, services }, { machines }) => {
    for (const name of machines) knownMachine(topology, name);
    const rest = without(topology, machines);
    return {
      machines: topology.machines.map(({ name }) => name),
      command: (name) =>
        lookAt(machines.includes(name) ? topology : rest, services, machineNamed(topology, name)),
    };
  },
  plan: planRemove,
};

function planRemove(
  { topology, services }: RunbookContext,
  args: RemoveArguments,
  answers: ReadonlyMap<string, Answer>,
  run: RunIdentity,
): Plan {
  const { machines } = args;
  const leaving = topology.machines.filter(({ name }) => machines.includes(name));
  const rest = without(topology, machines);
  refuseRules(topology, rest, leaving);
  const all = readLook(topology, answers);
  const silent = leaving.filter(({ name }) => !all.surveys.has(name));
  if (!args.gone) refuseSilent(silent);
  requireWhole(`taking ${machines.join(" and ")} out`, wholeWithout(rest, answers, all));

  const phases: Phase[] = [
    ...keepAway(
      silent.filter(({ roles }) => roles.includes("mail")),
      all,
      args,
      run,
    ),
    ...silent.flatMap((machine) => leavePhases(machine, rest, all)),
  ];
  let names = silent.map(({ name }) => name);
  const notes: string[] = [];
  const drained = inOrder(
    leaving.filter((one) => !silent.includes(one)),
    all,
  );
  for (const machine of drained) {
    const present = without(topology, names);
    const known = afterwards(all.surveys, names);
    const drain = {
      ...args,
      machine: machine.name,
      reason: args.reason || "leaves the cluster",
    };
    const planned = planDrain(present, drain, known, run, "maintenance");
    notes.push(...planned.notes);
    const out = [
      ...planned.phases,
      ...leavePhases(machine, present, all),
      ...stopPhases(present, services, machine),
      disablePhase(present, services, machine),
    ];
    phases.push(...out.map((phase) => titledFor(phase, machine.name)));
    names = [...names, machine.name];
  }
  return {
    phases: [...phases, ...countMembers(rest, leaving), ...forgetCaches(rest, leaving)],
    notes: [
      ...notes,
      ...cacheRestsAfter(topology, [...silent, ...drained]),
      ...silent.map(
        ({ name }) =>
          `${name} is told nothing: switch it off for good, as it would come back with its old place in everything`,
      ),
      ...leaving
        .filter(({ roles }) => roles.includes("mail"))
        .map(({ name }) =>
          silent.some((one) => one.name === name)
            ? `mail that waits in the queue of ${name} is lost with it`
            : `mail that waits in the queue of ${name} stays there: see that it is empty before you erase it`,
        ),
      `afterwards take ${machines.join(" and ")} out of the description and type mbctl apply, so that the others' files follow`,
    ],
    next: "mbctl apply",
  };
}

const VOTERS = ["mail", "database", "cache"] as const;

/** What the description could not say afterwards is not done now. Throws REMOVE_STORAGE and REMOVE_VOTERS. */
function refuseRules(topology: Topology, rest: Topology, leaving: readonly Machine[]): void {
  const storage = leaving.find((machine) => votesIn(topology, machine, "storage"));
  if (storage)
    throw new UserError(
      "REMOVE_STORAGE",
      `${storage.name} holds one of the three bricks of the volume, and two cannot tell which of them is right after a split`,
      "make it anew if it is lost, and type mbctl replace machine",
    );
  for (const role of VOTERS) {
    const left = votersIn(rest, role).length;
    if (left === votersIn(topology, role).length || (left >= 3 && left % 2 === 1)) continue;
    throw new UserError(
      "REMOVE_VOTERS",
      `${left} machines with the role ${role} would be left, and a majority that outlives a machine needs an odd number, 3 or more`,
      "take two out with one command, or make a lost one anew: mbctl replace machine",
    );
  }
  refuseOtherWitness(topology, rest, "remove machine");
  if (machinesWith(rest, "balancer").length > 0) return;
  throw new UserError(
    "REMOVE_VOTERS",
    "no machine with the role balancer would be left",
    "add another balancer first",
  );
}

function refuseSilent(silent: readonly Machine[]): void {
  if (silent.length === 0) return;
  throw new UserError(
    "REMOVE_UNREACHABLE",
    `${silent.map(({ name }) => name).join(" and ")} does not answer, so it cannot be drained`,
    "bring it back first, or add --gone if it will never answer again",
  );
}

/** The rest alone must be whole, except that the VIP may still be on a machine that leaves. */
function wholeWithout(rest: Topology, answers: ReadonlyMap<string, Answer>, all: Look): Look {
  const names = new Set(rest.machines.map(({ name }) => name));
  const look = readLook(rest, new Map([...answers].filter(([name]) => names.has(name))));
  const holders = [...all.surveys.values()].filter(({ bearsVip }) => bearsVip).length;
  return { ...look, faults: look.faults.filter((text) => holders !== 1 || !text.endsWith("bears the VIP")) };
}

/** A mail machine that was thought dead and comes back gets no session. HAProxy refuses one that it has no server of. */
function keepAway(
  silent: readonly Machine[],
  look: Look,
  args: RemoveArguments,
  run: RunIdentity,
): readonly Phase[] {
  if (silent.length === 0) return [];
  return [
    plannedPhase(
      `keep ${silent.map(({ name }) => name).join(" and ")} out of every balancer`,
      silent.map((machine) => {
        const reason = args.reason || "gone for good";
        const text = serializeDrainMark(markOf({ machine: machine.name, reason }, run, "maintenance"));
        return reachableBalancers(look.surveys).map((balancer) => outOf(balancer, machine.name, text));
      }),
    ),
  ];
}

/** Booted again it would join everything it left. */
function disablePhase(topology: Topology, services: readonly Service[], machine: Machine): Phase {
  const units = services
    .filter((service) => service.name !== "kernel" && service.name !== "nftables")
    .filter((service) => service.runsOn(topology, machine))
    .flatMap((service) => service.units(topology, machine))
    .filter(({ state, enabled }) => state === "running" && enabled)
    .map(({ name }) => name);
  return plannedPhase(`keep the services of ${machine.name} from starting again`, [
    [
      {
        title: "disable its services",
        machine: machine.name,
        commands: [act(["systemctl", "disable", "--", ...units])],
      },
    ],
  ]);
}

function forgetCaches(rest: Topology, leaving: readonly Machine[]): readonly Phase[] {
  return leaving.some(({ roles }) => roles.includes("cache"))
    ? forgetPhases(rest, votersIn(rest, "cache"))
    : [];
}
