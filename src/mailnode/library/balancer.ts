import type { BalancingStrategy } from "../../contract/cluster-api.ts";
import { weightsOf, type BalancedNode, type Balancing } from "../cluster/balancing.ts";
import type { ClusterNode } from "../cluster/registry.ts";
import { rendezvous } from "../state/rendezvous.ts";

/** Names the node for a new session by a strategy, for programs that send sessions on themselves. */
export class Balancer {
  #balancing: Balancing = { strategy: "round-robin" };
  /** How far each node is behind its share. */
  #credit = new Map<string, number>();

  get strategy(): BalancingStrategy {
    return this.#balancing.strategy;
  }

  use(balancing: Balancing): void {
    this.#balancing = balancing;
    this.#credit.clear();
  }

  /** Of these nodes, the one whose turn it is; undefined when there is none that takes any. */
  choose(nodes: readonly ClusterNode[], clientAddress: string): string | undefined {
    if (this.#balancing.strategy === "ip-hash")
      return rendezvous(
        clientAddress,
        nodes.map(({ id }) => id),
      );
    const weights = new Map(
      [...weightsOf(this.#balancing, nodes.map(balanced))].filter(([, weight]) => weight > 0),
    );
    if (this.#balancing.strategy === "least-connections") return heaviest(weights);
    return this.#nextOf(weights);
  }

  /** Smooth weighted round robin: everybody gains his weight, the richest is chosen and pays for all. */
  #nextOf(weights: ReadonlyMap<string, number>): string | undefined {
    const total = [...weights.values()].reduce((sum, weight) => sum + weight, 0);
    this.#credit = new Map(
      [...weights].map(([node, weight]) => [node, (this.#credit.get(node) ?? 0) + weight]),
    );
    const chosen = heaviest(this.#credit);
    if (chosen !== undefined) this.#credit.set(chosen, this.#credit.get(chosen)! - total);
    return chosen;
  }
}

function heaviest(weights: ReadonlyMap<string, number>): string | undefined {
  let best: string | undefined;
  for (const [node, weight] of weights)
    if (weight > (best === undefined ? Number.NEGATIVE_INFINITY : weights.get(best)!)) best = node;
  return best;
}

function balanced({ id, record }: ClusterNode): BalancedNode {
  const { sessions, maxSessions, weight, load } = record;
  return { node: id, sessions, maxSessions, weight, load };
}
