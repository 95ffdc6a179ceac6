import type { Phase } from "../../steps/phase.ts";
import type { Topology } from "../../topology/topology.ts";
import { votersIn } from "../../topology/voters.ts";
import { askForMailCluster, parseMailCluster, tellsOfCluster } from "./members.ts";

/**
 * Waits for the mail nodes that run and say nothing of their cluster yet: a node that has just started answers before
 * it has opened its log, and whoever is silent is not taken in.
 */
export function hearMailNodesPhase(topology: Topology): Phase {
  const machines = votersIn(topology, "mail").map(({ name }) => name);
  return {
    title: "hear from the mail nodes",
    machines,
    observe: () => askForMailCluster(),
    decide: (answers) => {
      const silent = machines.filter((name) => !parseMailCluster(answers.get(name)!.stdout));
      if (silent.length === 0) return [];
      return [
        silent.map((machine) => ({
          title: "wait until the mail node tells of its cluster",
          machine,
          commands: [],
          verify: tellsOfCluster(),
        })),
      ];
    },
  };
}
