import type { BalancingStrategy } from "../../contract/cluster-api.ts";

export interface BalancedNode {
  readonly node: string;
  readonly sessions: number;
  /** 0: as many as come. */
  readonly maxSessions: number;
  /** Of the node's machine, 0 to 256. */
  readonly weight: number;
  /** 0 to 1. */
  readonly load: number;
}

/** Percentages by node; who is not named, or gets what is no number, gets 100. */
export type CustomWeights = (nodes: readonly BalancedNode[]) => Readonly<Record<string, number>>;

export type Balancing =
  | { readonly strategy: Exclude<BalancingStrategy, "custom" | "weighted-round-robin"> }
  /** Weights by node; without them, those of the machines. */
  | { readonly strategy: "weighted-round-robin"; readonly nodeWeights?: Readonly<Record<string, number>> }
  | { readonly strategy: "custom"; readonly weigh: CustomWeights };

/**
 * The part of the new connections that each serving node should get, as whole percentages of the most that any
 * gets. All nodes that know the same registry come to the same numbers.
 */
export function weightsOf(balancing: Balancing, nodes: readonly BalancedNode[]): ReadonlyMap<string, number> {
  switch (balancing.strategy) {
    // The source's hash decides; equal weights keep it stable.
    case "ip-hash":
    case "round-robin":
      return new Map(nodes.map(({ node }) => [node, 100]));
    case "weighted-round-robin":
      return scaled(nodes, ({ node, weight }) => number(balancing.nodeWeights?.[node], weight));
    case "least-connections":
      // Each balancer counts its own connections alone; these are all of them.
      return scaled(nodes, ({ sessions, maxSessions }) => room(maxSessions, sessions));
    case "custom": {
      const weights = balancing.weigh(nodes);
      return new Map(nodes.map(({ node }) => [node, percent(number(weights[node], 100))]));
    }
  }
}

/** A program's own sum may come to NaN, which no balancer reads. */
function number(given: number | undefined, otherwise: number): number {
  return given === undefined || Number.isNaN(given) ? otherwise : given;
}

/** Falls with each session, and to nothing when there is no place left. */
function room(maxSessions: number, sessions: number): number {
  return maxSessions > 0 && sessions >= maxSessions ? 0 : 1 / (1 + sessions);
}

function scaled(
  nodes: readonly BalancedNode[],
  weigh: (node: BalancedNode) => number,
): ReadonlyMap<string, number> {
  const weights = nodes.map((node) => Math.max(0, weigh(node)));
  const most = Math.max(...weights);
  return new Map(
    nodes.map(({ node }, place) => {
      const weight = weights[place]!;
      // A node that is to get something keeps at least 1 %: 0 would take it out.
      return [node, weight === 0 ? 0 : Math.max(1, percent((weight / most) * 100))];
    }),
  );
}

function percent(value: number): number {
  return Math.round(Math.min(100, Math.max(0, value)));
}
