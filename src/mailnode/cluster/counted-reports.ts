import type { NodeRecord } from "../state/nodes.ts";
import type { Replica } from "./replica.ts";

/**
 * What the nodes that keep the state reported to it, by machine. Who was taken out of the cluster is none of them, though
 * it may not know and still report; nor is a witness, of which the state holds nothing but the machine.
 */
export function countedReports({
  machine,
  consensus,
}: Pick<Replica, "machine" | "consensus">): readonly (readonly [string, NodeRecord])[] {
  const keepState = consensus.members().filter(({ witness }) => !witness);
  const machines = new Set(keepState.map(({ id }) => id));
  return machine.nodes.list().filter(([node, { member }]) => member === undefined || machines.has(node));
}
