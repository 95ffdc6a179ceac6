import { App } from "cdktf";
import { describe, expect, it } from "@jest/globals";
import { readdirSync } from "node:fs";
import { ClusterStack, MailCluster } from "../../../src/toolkit/constructs/index.ts";
import type { ClusterSpec } from "../../../src/toolkit/spec/schema.ts";
import { example, inFolder, readStack, synthesise } from "./synth.ts";

const examples = readdirSync(new URL("../../../examples", import.meta.url)).filter((file) =>
  file.endsWith(".yaml"),
);
const apply = ["mbctl", "apply", "--yes", "--stack", "."] as const;

function withMachines(
  spec: ClusterSpec,
  change: (name: string) => Partial<ClusterSpec["machines"][string]>,
): ClusterSpec {
  const machines = Object.entries(spec.machines).map(([name, machine]) => [
    name,
    { ...machine, ...change(name) },
  ]);
  return { ...spec, machines: Object.fromEntries(machines) as ClusterSpec["machines"] };
}

function messageOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("it did not fail");
}

describe("a mail cluster", () => {
  it.each(examples)("synthesises %s to this stack", (file) => {
    const synthesised = inFolder((outdir) => {
      const app = new App({ outdir });
      const { node } = new ClusterStack(app, example(file), { apply });
      app.synth();
      return readStack(outdir, node.id);
    });
    // Which files a bundle holds is what the bundles' own snapshots are about.
    const text = JSON.stringify(synthesised, null, 2).replaceAll(
      /"bundle": "[0-9a-f]{64}"/g,
      '"bundle": "<hash>"',
    );
    expect(text).toMatchSnapshot();
  });

  it("has one construct per tier, beside the machines and the rollout", () => {
    synthesise((scope) => {
      const cluster = new MailCluster(scope, "acme", example("three-machines.yaml"), { apply });
      expect(cluster.node.children.map(({ node, constructor }) => [node.id, constructor.name])).toEqual([
        ["machines", "Machines"],
        ["load-balancer", "LoadBalancerTier"],
        ["mail", "MailTier"],
        ["database", "DatabaseTier"],
        ["cache", "CacheTier"],
        ["storage", "StorageTier"],
        ["rollout", "Rollout"],
      ]);
      expect(MailCluster.isMailCluster(cluster)).toBe(true);
      expect(MailCluster.isMailCluster(cluster.machines)).toBe(false);
    });
  });

  it("makes nothing of machines that exist but the rollout", () => {
    const stack = synthesise(
      (scope) => new MailCluster(scope, "separate", example("separate-tiers.yaml"), { apply }),
    );
    expect(Object.keys(stack.resource)).toEqual(["terraform_data"]);
    expect(Object.keys(stack.resource["terraform_data"]!)).toEqual(["apply"]);
    expect(stack.provider).toBeUndefined();
  });

  it("holds no secret, and not even where one would go", () => {
    const stack = synthesise(
      (scope) => new MailCluster(scope, "acme", example("three-machines.yaml"), { apply }),
    );
    expect(JSON.stringify(stack)).not.toMatch(/@@|password|PRIVATE KEY/i);
  });

  it("keeps Terraform's addresses wherever the cluster stands in the tree", () => {
    const addresses = (id: string) =>
      Object.entries(
        synthesise((scope) => new MailCluster(scope, id, example("three-machines.yaml"), { apply })).resource,
      )
        .filter(([type]) => type !== "docker_image")
        .flatMap(([type, resources]) => Object.keys(resources).map((name) => `${type}.${name}`));
    expect(addresses("acme")).toEqual(addresses("moved"));
    expect(addresses("acme")).toContain("docker_container.node-1");
  });

  it("reports every fault of a description that was changed behind defineCluster, and every tier without machines", () => {
    const spec = withMachines(example("three-machines.yaml"), (name) => ({
      roles: ["balancer", "mail", "database", "storage"],
      ...(name === "node-2" && { address: "10.0.0.1" }),
    }));
    const broken = { ...spec, network: { ...spec.network, vip: "192.168.1.101" } };
    const message = messageOf(() => synthesise((scope) => new MailCluster(scope, "acme", broken, { apply })));
    expect(message).toMatch(/machines\.node-2\.address is "10\.0\.0\.1": .* network\.cidr/);
    expect(message).toMatch(/network\.vip is "192\.168\.1\.101": is the address of machine node-1/);
    expect(message).toMatch(
      /no machine of cluster acme \(node-1, node-2, node-3\) has the role cache; give it to one/,
    );
  });

  it("says that a stack is one cluster", () => {
    const build = () =>
      synthesise((scope) => {
        new MailCluster(scope, "acme", example("three-machines.yaml"), { apply });
        new MailCluster(scope, "separate", example("separate-tiers.yaml"), { apply });
      });
    expect(build).toThrow(/stack test holds 2 sets of machines; a stack is one cluster/);
  });
});
