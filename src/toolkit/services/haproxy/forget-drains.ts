import { DRAIN_MARKS } from "../../../contract/drain-mark.ts";
import { ask, script } from "../../steps/command.ts";
import type { Phase } from "../../steps/phase.ts";
import { machinesWith, type Topology } from "../../topology/topology.ts";
import { removeMark } from "../drain-marks.ts";
import { balancerMark } from "./drain.ts";

/**
 * Takes away the marks of machines that the description has no more: they were drained before they left, and a machine
 * that gets the name later would be kept out by a word about another one.
 */
export function forgetDrainsPhase(topology: Topology): Phase {
  const names = topology.machines.map(({ name }) => name);
  const machines = machinesWith(topology, "balancer").map(({ name }) => name);
  return {
    title: "forget the drains of machines that are gone",
    machines,
    observe: () => ask(script(MARKED, [DRAIN_MARKS.balancer])),
    decide: (answers) => {
      const steps = machines.flatMap((balancer) => {
        const marked = answers.get(balancer)!.stdout.split("\n");
        const gone = marked.filter((name) => name !== "" && !names.includes(name));
        return gone.map((name) => ({
          title: `forget the drain of ${name}`,
          machine: balancer,
          commands: [removeMark(balancerMark(name))],
        }));
      });
      return steps.length > 0 ? [steps] : [];
    },
  };
}

/** What begins with a dot is a mark that was never finished. */
const MARKED = `
for mark in "$1"/*; do
  [ ! -f "$mark" ] || echo "\${mark##*/}"
done`;
