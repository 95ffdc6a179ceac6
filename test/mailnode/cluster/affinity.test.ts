import { describe, expect, it } from "@jest/globals";
import { Affinity, AFFINITY_DEFAULTS, type AffinityOptions } from "../../../src/mailnode/cluster/affinity.ts";
import { rendezvous } from "../../../src/mailnode/state/rendezvous.ts";
import { NAMES, replicas, type Replicas } from "./replicas.ts";

function affinities(options: Partial<AffinityOptions> = {}): Replicas & {
  readonly serving: Set<string>;
  readonly of: (name: string) => Affinity;
} {
  const world = replicas({ replica: { timeoutMs: 500 } });
  const serving = new Set<string>(NAMES);
  const made = new Map(
    NAMES.map((name) => [
      name as string,
      new Affinity(world.replica(name), () => [...serving].sort(), { ...AFFINITY_DEFAULTS, ...options }),
    ]),
  );
  return { ...world, serving, of: (name) => made.get(name)! };
}

const client = { clientAddress: "192.0.2.7" };

describe("session affinity", () => {
  it("gives a client the same node, whichever node is asked", async () => {
    const { time, of } = affinities();
    const first = await time.until(of("node-1").route(client));
    await time.pass(20);
    for (const name of NAMES) expect(await time.until(of(name).route(client))).toEqual(first);
    expect(first).toMatchObject({ bound: true });
  });

  it("comes to one binding when two nodes are asked at once and would choose differently", async () => {
    const { time, of, serving } = affinities();
    let changed = 0;
    for (let host = 0; host < 20; host++) {
      const session = { clientAddress: `192.0.2.${host}` };
      serving.delete("node-3");
      const one = of("node-1").route(session);
      serving.add("node-3");
      const two = of("node-2").route(session);
      const [a, b] = [await time.until(one), await time.until(two)];
      expect(a).toEqual(b);
      expect(a).toMatchObject({ bound: true });
      if (rendezvous(`ip:192.0.2.${host}`, NAMES) !== a.node) changed++;
    }
    expect(changed).toBeGreaterThan(0);
  });

  it("never names a node that has gone while the binding was made", async () => {
    const { time, of, serving } = affinities();
    const { node } = await time.until(of("node-1").route(client));
    await time.until(of("node-1").release(client));
    const routes = [of("node-1").route(client), of("node-2").route(client)];
    serving.delete(node!);
    const [, second] = [await time.until(routes[0]!), await time.until(routes[1]!)];
    expect(second.node).not.toBe(node);
    expect(second).toMatchObject({ bound: false });
  });

  it("spreads many clients over all nodes", async () => {
    const { time, of } = affinities();
    const counts = new Map<string, number>();
    for (let host = 0; host < 90; host++) {
      const { node } = await time.until(of("node-1").route({ clientAddress: `192.0.2.${host}` }));
      counts.set(node!, (counts.get(node!) ?? 0) + 1);
    }
    expect([...counts.values()].every((count) => count > 15)).toBe(true);
  });

  it("binds a client to another node for good when its own goes, in automatic mode", async () => {
    const { time, of, serving } = affinities({ failover: "automatic" });
    const { node: home } = await time.until(of("node-1").route(client));
    serving.delete(home!);
    const away = await time.until(of("node-1").route(client));
    expect(away.node).not.toBe(home);
    serving.add(home!);
    await time.pass(20);
    expect(await time.until(of("node-2").route(client))).toEqual(away);
  });

  it("turns a client away until its node is back, in strict mode", async () => {
    const { time, of, serving } = affinities({ failover: "strict" });
    const { node: home } = await time.until(of("node-1").route(client));
    serving.delete(home!);
    expect(await time.until(of("node-1").route(client))).toEqual({
      node: undefined,
      reason: "its node does not serve",
    });
    serving.add(home!);
    expect(await time.until(of("node-1").route(client))).toEqual({ node: home, bound: true });
  });

  it("lets another node serve meanwhile and the client go home afterwards, without failover", async () => {
    const { time, of, serving } = affinities({ failover: "none" });
    const { node: home } = await time.until(of("node-1").route(client));
    serving.delete(home!);
    const away = await time.until(of("node-1").route(client));
    expect(away).toMatchObject({ bound: false });
    expect(away.node).not.toBe(home);
    serving.add(home!);
    expect(await time.until(of("node-1").route(client))).toEqual({ node: home, bound: true });
  });

  it("lasts while the client comes, and ends after its time-out", async () => {
    const { time, replica, of } = affinities({ sessionTimeoutMs: 10_000 });
    const stop = new AbortController();
    const ticking = replica("node-1").keepTime(500, stop.signal);
    await time.until(of("node-1").route(client));
    for (let visit = 0; visit < 5; visit++) {
      await time.pass(5000);
      await time.until(of("node-1").route(client));
    }
    expect(replica("node-1").machine.bindings.get("ip:192.0.2.7")).toBeDefined();
    await time.pass(11_000);
    expect(replica("node-1").machine.bindings.get("ip:192.0.2.7")).toBeUndefined();
    stop.abort();
    await ticking;
  });

  it("does not write at each visit", async () => {
    const { time, cluster, of } = affinities();
    await time.until(of("node-1").route(client));
    const before = cluster.log.length;
    for (let visit = 0; visit < 50; visit++) await time.until(of("node-1").route(client));
    expect(cluster.log.length).toBe(before);
  });

  it("goes by the sender's domain, in any case of letters, and by the address where there is none", async () => {
    const { time, replica, of } = affinities({ method: "sender-domain" });
    await time.until(of("node-1").route({ clientAddress: "192.0.2.1", senderDomain: "Example.COM" }));
    await time.until(of("node-1").route({ clientAddress: "192.0.2.2", senderDomain: "example.com" }));
    await time.until(of("node-1").route({ clientAddress: "192.0.2.3" }));
    const keys = replica("node-1")
      .machine.bindings.list()
      .map(([key]) => key);
    expect(keys).toEqual(["domain:example.com", "ip:192.0.2.3"]);
  });

  it("goes by a resolver of one's own, which may leave a client to its address", async () => {
    const { time, cluster, serving, of } = affinities({
      method: "custom",
      resolver: ({ clientAddress }, nodes) => (clientAddress.startsWith("10.") ? nodes[1] : undefined),
    });
    expect(await time.until(of("node-1").route({ clientAddress: "10.0.0.1" }))).toEqual({
      node: "node-2",
      bound: true,
    });
    expect(cluster.log).toHaveLength(0);
    expect(await time.until(of("node-1").route(client))).toMatchObject({ bound: true });
    serving.clear();
    expect(await time.until(of("node-1").route(client))).toEqual({
      node: undefined,
      reason: "no node serves",
    });
  });

  it("finds a node without a quorum too: the one that the client's key hashes to", async () => {
    const { time, cluster, of } = affinities();
    cluster.elect(undefined);
    const routes = NAMES.map((name) => of(name).route(client));
    const found = [];
    for (const route of routes) found.push(await time.until(route));
    expect(found[0]).toMatchObject({ bound: false });
    expect(new Set(found.map(({ node }) => node)).size).toBe(1);
  });

  it("can be ended by hand", async () => {
    const { time, replica, of } = affinities();
    await time.until(of("node-1").route(client));
    await time.until(of("node-1").release(client));
    expect(replica("node-1").machine.bindings.list()).toEqual([]);
    await time.until(of("node-1").release(client));
  });
});
