import { describe, expect, it } from "@jest/globals";
import { ConfigDistribution } from "../../../src/mailnode/cluster/config-distribution.ts";
import { Registry, type NodeReport } from "../../../src/mailnode/cluster/registry.ts";
import { nodeReport } from "../fixtures/node-record.ts";
import { bytes, NAMES, replicas, text } from "./replicas.ts";

const unexpected = (name: string, version: number, error: unknown): never => {
  throw new Error(`version ${version} of ${name} was not taken over`, { cause: error });
};

describe("configuration", () => {
  it("stops no node at which a callback throws: the version counts as not taken over, and the next one is tried", async () => {
    const { time, replica } = replicas();
    const failures: string[] = [];
    const [one, two] = ["node-1", "node-2"].map(
      (name) =>
        new ConfigDistribution(replica(name), (document, version, error) =>
          failures.push(`${document} ${version}: ${(error as Error).message}`),
        ),
    );
    one!.onChange("policy", () => undefined);
    two!.onChange("policy", ({ version }) => {
      if (version === 1) throw new Error("unreadable");
    });
    await time.until(one!.distribute("policy", bytes("a")));
    await time.pass(20);
    expect(failures).toEqual(["policy 1: unreadable"]);
    expect([one!.working(), two!.working()]).toEqual([{ policy: 1 }, {}]);
    await time.until(two!.distribute("policy", bytes("b")));
    await time.pass(20);
    expect([one!.working(), two!.working()]).toEqual([{ policy: 2 }, { policy: 2 }]);
    expect(failures).toHaveLength(1);
  });

  it("comes to every node in the same order, each version once, also to one that was away", async () => {
    const { time, cluster, replica } = replicas();
    const nodes = NAMES.map((name) => new ConfigDistribution(replica(name), unexpected));
    const seen = NAMES.map((): string[] => []);
    nodes.forEach((node, place) =>
      node.onChange("policy", ({ version, content }) => seen[place]!.push(`${version}:${text(content)}`)),
    );
    await time.until(nodes[0]!.distribute("policy", bytes("a")));
    await time.pass(20);
    cluster.cut("node-3");
    await time.until(nodes[1]!.distribute("policy", bytes("b"), { expect: 1, actor: "ann" }));
    await time.until(nodes[0]!.distribute("other", bytes("x")));
    await time.pass(20);
    expect(seen).toEqual([["1:a", "2:b"], ["1:a", "2:b"], ["1:a"]]);
    cluster.node("node-3").installSnapshotOf(cluster.node("node-1"));
    expect(seen[2]).toEqual(["1:a", "2:b"]);
    expect(nodes[2]!.current("policy")).toMatchObject({ version: 2, by: "ann" });
    const late: string[] = [];
    nodes[2]!.onChange("policy", ({ content }) => late.push(text(content)!))();
    expect(late).toEqual([]);
  });

  it("is refused when it was made from an older version than there is", async () => {
    const { time, replica } = replicas();
    const config = new ConfigDistribution(replica("node-2"), unexpected);
    await time.until(config.distribute("policy", bytes("a"), { expect: 0 }));
    const second = config.distribute("policy", bytes("b"), { expect: 0 });
    await expect(time.until(second)).rejects.toMatchObject({ refusal: { code: "VERSION_MISMATCH" } });
  });

  it("is known to have come when every node says that it works by it", async () => {
    const { time, replica, env } = replicas();
    const nodes = NAMES.map((name) => ({
      config: new ConfigDistribution(replica(name), unexpected),
      registry: new Registry(replica(name), env(name)),
    }));
    const { config } = nodes[0]!;
    const stop = new AbortController();
    const reporting = nodes.map(({ config: own, registry }) => {
      own.onChange("policy", () => undefined);
      const report = (): NodeReport => nodeReport({ documents: own.working() });
      return registry.keepReporting(1000, report, stop.signal);
    });
    await time.pass(100);
    await time.until(config.distribute("policy", bytes("a")));
    expect(config.distribution("policy")).toMatchObject({ version: 1, complete: false });
    await time.pass(2000);
    expect(config.distribution("policy")).toEqual({
      version: 1,
      nodes: NAMES.map((node) => ({ node, version: 1 })),
      complete: true,
    });
    stop.abort();
    await Promise.all(reporting);
  });

  it("has come to all without a node that was taken out and still reports", async () => {
    const { time, replica } = replicas();
    const config = new ConfigDistribution(replica("node-1"), unexpected);
    await time.until(config.distribute("policy", bytes("a")));
    const report = async (node: string, documents: Readonly<Record<string, number>>): Promise<void> => {
      const said = { ...nodeReport({ documents }), member: `the id of ${node}` };
      await time.until(replica("node-1").perform<"node.report">({ type: "node.report", node, ...said }));
    };
    for (const name of NAMES) await report(name, { policy: 1 });
    await report("node-4", {});
    expect(config.distribution("policy")).toEqual({
      version: 1,
      nodes: NAMES.map((node) => ({ node, version: 1 })),
      complete: true,
    });
  });
});
