import { describe, expect, it } from "@jest/globals";
import type { ClusterNode } from "../../../src/mailnode/cluster/registry.ts";
import { Balancer } from "../../../src/mailnode/library/balancer.ts";
import { nodeRecord } from "../fixtures/node-record.ts";

function node(id: string, more: Partial<ClusterNode["record"]> = {}): ClusterNode {
  return { id, state: "active", record: nodeRecord(more) };
}

/** How often each is chosen. */
function chosen(
  balancer: Balancer,
  nodes: readonly ClusterNode[],
  times: number,
): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (let i = 0; i < times; i++) {
    const id = balancer.choose(nodes, `192.0.2.${i}`) ?? "none";
    counts[id] = (counts[id] ?? 0) + 1;
  }
  return counts;
}

describe("choosing a node for a session", () => {
  it("goes round by default", () => {
    const nodes = [node("a"), node("b"), node("c")];
    expect(chosen(new Balancer(), nodes, 9)).toEqual({ a: 3, b: 3, c: 3 });
  });

  it("follows weights, of the call or of the nodes", () => {
    const balancer = new Balancer();
    balancer.use({ strategy: "weighted-round-robin", nodeWeights: { a: 3, b: 1 } });
    expect(chosen(balancer, [node("a"), node("b")], 400)["a"]).toBeGreaterThan(290);
    balancer.use({ strategy: "weighted-round-robin" });
    expect(chosen(balancer, [node("a", { weight: 1 }), node("b", { weight: 4 })], 500)).toEqual({
      a: 100,
      b: 400,
    });
  });

  it("prefers the fewest sessions, and passes by a node that is full", () => {
    const balancer = new Balancer();
    balancer.use({ strategy: "least-connections" });
    const full = node("a", { sessions: 2, maxSessions: 2 });
    expect(chosen(balancer, [full, node("b", { sessions: 30 }), node("c", { sessions: 9 })], 3)).toEqual({
      c: 3,
    });
    expect(balancer.choose([full], "192.0.2.1")).toBeUndefined();
  });

  it("gives one address one node, also when another node goes", () => {
    const balancer = new Balancer();
    balancer.use({ strategy: "ip-hash" });
    const nodes = [node("a"), node("b"), node("c")];
    const home = balancer.choose(nodes, "192.0.2.9")!;
    const rest = nodes.filter(({ id }) => id === home || id !== nodes.find((other) => other.id !== home)!.id);
    expect(balancer.choose(rest, "192.0.2.9")).toBe(home);
  });

  it("lets a function of the program weigh", () => {
    const balancer = new Balancer();
    balancer.use({
      strategy: "custom",
      weigh: (nodes) => Object.fromEntries(nodes.map(({ node: id }) => [id, id === "b" ? 100 : 0])),
    });
    expect(chosen(balancer, [node("a"), node("b")], 3)).toEqual({ b: 3 });
    expect(balancer.strategy).toBe("custom");
  });

  it("has nobody to name when nobody serves", () => {
    expect(new Balancer().choose([], "192.0.2.1")).toBeUndefined();
  });
});
