import { listsNoOther } from "../../services/redis/replicas.ts";
import { forgetOthers, knowsExactly } from "../../services/sentinel/forget.ts";
import { plannedPhase, type Phase } from "../../steps/phase.ts";
import type { Machine, Topology } from "../../topology/topology.ts";
import { votersIn } from "../../topology/voters.ts";

/**
 * Has the Sentinels of these machines, one after the other, forget caches and Sentinels that are no more, until each
 * knows those of `topology` and no others.
 */
export function forgetPhases(topology: Topology, machines: readonly Machine[]): readonly Phase[] {
  if (machines.length === 0) return [];
  return [
    plannedPhase("see that the master of the cache has no other replica", [
      machines
        .filter(({ roles }) => roles.includes("cache"))
        .map((machine) => ({
          title: "see which replicas the master lists",
          machine: machine.name,
          commands: [],
          verify: listsNoOther(topology, machine),
        })),
    ]),
    plannedPhase(
      "let the Sentinels forget what is no more",
      machines.map((machine) => [
        {
          title: "let this Sentinel forget the others and find them again",
          machine: machine.name,
          unless: knowsExactly(topology, machine).command,
          commands: [forgetOthers(topology, machine)],
          verify: knowsExactly(topology, machine),
        },
      ]),
    ),
  ];
}

/** Proves that every Sentinel knows all caches and Sentinels of the cluster. */
export function knowAllPhase(topology: Topology): Phase {
  return plannedPhase("see that the Sentinels know all", [
    votersIn(topology, "cache").map((machine) => ({
      title: "see whom this Sentinel knows",
      machine: machine.name,
      commands: [],
      verify: knowsExactly(topology, machine),
    })),
  ]);
}
