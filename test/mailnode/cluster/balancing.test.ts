import { describe, expect, it } from "@jest/globals";
import { weightsOf, type BalancedNode, type Balancing } from "../../../src/mailnode/cluster/balancing.ts";

const node = (name: string, more: Partial<BalancedNode> = {}): BalancedNode => ({
  node: name,
  sessions: 0,
  maxSessions: 0,
  weight: 1,
  load: 0,
  ...more,
});
const weigh = (balancing: Balancing, ...nodes: BalancedNode[]): unknown =>
  Object.fromEntries(weightsOf(balancing, nodes));

describe("the weights of a strategy", () => {
  it("are equal where HAProxy decides alone", () => {
    for (const strategy of ["round-robin", "ip-hash"] as const)
      expect(weigh({ strategy }, node("a", { weight: 9 }), node("b"))).toEqual({ a: 100, b: 100 });
  });

  it("go by the machines' weights unless others are given, and keep a small one above nothing", () => {
    const nodes = [node("a", { weight: 256 }), node("b", { weight: 1 }), node("c", { weight: 0 })];
    expect(weigh({ strategy: "weighted-round-robin" }, ...nodes)).toEqual({ a: 100, b: 1, c: 0 });
    expect(weigh({ strategy: "weighted-round-robin", nodeWeights: { b: 512 } }, ...nodes)).toEqual({
      a: 50,
      b: 100,
      c: 0,
    });
  });

  it("fall with the sessions that a node has, to nothing when it is full", () => {
    const nodes = [
      node("a", { sessions: 1 }),
      node("b", { sessions: 3 }),
      node("c", { sessions: 5, maxSessions: 5 }),
    ];
    expect(weigh({ strategy: "least-connections" }, ...nodes)).toEqual({ a: 100, b: 50, c: 0 });
  });

  it("are nothing for all when nobody can take more", () => {
    expect(weigh({ strategy: "least-connections" }, node("a", { sessions: 1, maxSessions: 1 }))).toEqual({
      a: 0,
    });
    expect(weigh({ strategy: "least-connections" })).toEqual({});
  });

  it("of one's own are kept within what HAProxy takes", () => {
    const own = { strategy: "custom", weigh: () => ({ a: 1000, b: -3, c: 33.4 }) } as const;
    expect(weigh(own, node("a"), node("b"), node("c"), node("d"))).toEqual({ a: 100, b: 0, c: 33, d: 100 });
  });

  it("that are no numbers count as not given", () => {
    const own = { strategy: "custom", weigh: () => ({ a: NaN, b: 50 }) } as const;
    expect(weigh(own, node("a"), node("b"))).toEqual({ a: 100, b: 50 });
    const named = { strategy: "weighted-round-robin", nodeWeights: { a: NaN, b: 5 } } as const;
    expect(weigh(named, node("a", { weight: 10 }), node("b"))).toEqual({ a: 100, b: 50 });
  });
});
