import { DRAIN_MARKS, serializeDrainMark } from "../../../contract/drain-mark.ts";
import type { RunIdentity } from "../../runner/plan.ts";
import { putMark } from "../../services/drain-marks.ts";
import { followsLeader } from "../../services/mailnode/members.ts";
import { beginAsReplica, hasCacheBegun } from "../../services/redis/begin-as-replica.ts";
import { plannedPhase, titledFor, type Phase } from "../../steps/phase.ts";
import { machinesWith, type Machine, type Topology } from "../../topology/topology.ts";
import { markOf } from "../drain/arguments.ts";
import { undrainPhases } from "../drain/undrain-phases.ts";
import { votesIn } from "../../topology/voters.ts";
import { countMembers } from "./count-members.ts";
import { presentMaster, type JoiningLook } from "./look.ts";

export interface JoinInput {
  readonly topology: Topology;
  readonly joining: readonly Machine[];
  readonly look: JoiningLook;
  readonly run: RunIdentity;
  readonly reason: string;
  /** Of an apply to all machines. */
  readonly apply: readonly Phase[];
  /** Phases to put before the one of that apply with this title, or after it. */
  readonly before?: Readonly<Record<string, readonly Phase[]>>;
  readonly after?: Readonly<Record<string, readonly Phase[]>>;
  /** What is proven besides, while the machines are drained. */
  readonly proofs: readonly Phase[];
}

/**
 * Takes machines into a cluster that lives: drained before anything of theirs runs, made by an apply to all, proven
 * tier by tier, and only then given traffic. A machine that does not become whole stays drained.
 */
export function joinPhases(input: JoinInput): readonly Phase[] {
  const { topology, joining, apply, before = {}, after = {} } = input;
  const ahead: Readonly<Record<string, readonly Phase[]>> = { ...before, "start redis": beginCaches(input) };
  const balancers = machinesWith(topology, "balancer").map(({ name }) => name);
  return [
    keepOut(input),
    ...apply.flatMap((phase) => [...(ahead[phase.title] ?? []), phase, ...(after[phase.title] ?? [])]),
    ...countMembers(topology, joining),
    ...areMailMembers(input),
    ...input.proofs,
    ...joining.flatMap((machine) =>
      undrainPhases(machine, balancers).map((phase) => titledFor(phase, machine.name)),
    ),
  ];
}

/** Their own marks are enough: a mail node or a database that finds itself drained sends every balancer away. */
function keepOut({ joining, run, reason }: JoinInput): Phase {
  return plannedPhase("keep the new machines out of service", [
    joining.flatMap((machine) => {
      const text = serializeDrainMark(markOf({ machine: machine.name, reason }, run, "maintenance"));
      const marks = machine.roles.includes("balancer")
        ? [DRAIN_MARKS.drained, DRAIN_MARKS.vip]
        : [DRAIN_MARKS.drained];
      return [
        {
          title: "mark it as drained",
          machine: machine.name,
          commands: marks.map((path) => putMark(path, text)),
        },
      ];
    }),
  ]);
}

function beginCaches({ topology, joining, look }: JoinInput): readonly Phase[] {
  const caches = joining.filter((machine) => votesIn(topology, machine, "cache"));
  const master = presentMaster(look.rest);
  if (caches.length === 0 || !master) return [];
  return [
    plannedPhase("begin the new caches as replicas", [
      caches.map((machine) => ({
        title: `follow the cache of ${master.name}`,
        machine: machine.name,
        unless: hasCacheBegun(machine),
        commands: [beginAsReplica(topology, master.address)],
      })),
    ]),
  ];
}

function areMailMembers({ topology, joining }: JoinInput): readonly Phase[] {
  const nodes = joining.filter((machine) => votesIn(topology, machine, "mail"));
  if (nodes.length === 0) return [];
  return [
    plannedPhase("see that the new mail nodes are members of their cluster", [
      nodes.map(({ name }) => ({
        title: "see that its mail node is a member",
        machine: name,
        commands: [],
        verify: followsLeader(),
      })),
    ]),
  ];
}
