import { App } from "cdktf";
import { describe, expect, it } from "@jest/globals";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ClusterStack } from "../../../src/toolkit/constructs/index.ts";
import { example, inFolder, readStack } from "./synth.ts";

describe("the stack of a cluster", () => {
  it("keeps its state in the project's folder, by a path that moves with it", () => {
    inFolder((outdir) => {
      const app = new App({ outdir });
      new ClusterStack(app, example("three-machines.yaml"));
      app.synth();
      expect(readStack(outdir, "acme").terraform.backend).toEqual({
        local: { path: "../../../terraform.acme.tfstate" },
      });
    });
  });

  it("is one folder with the topology and where the project lies", () => {
    inFolder((folder) => {
      const app = new App({ outdir: join(folder, "cdktf.out") });
      new ClusterStack(app, example("three-machines.yaml"), { project: folder });
      app.synth();
      const stack = join(folder, "cdktf.out", "stacks", "acme");
      const read = (name: string) =>
        JSON.parse(readFileSync(join(stack, name), "utf8")) as Record<string, unknown>;
      expect(read("topology.json")["cluster"]).toBe("acme");
      expect(read("bundle.json")["project"]).toBe("../../..");
    });
  });

  it("leaves nothing behind when the description is at fault", () => {
    inFolder((outdir) => {
      const app = new App({ outdir });
      const cluster = example("three-machines.yaml");
      new ClusterStack(app, { ...cluster, network: { ...cluster.network, vip: "10.0.0.1" } });
      expect(() => app.synth()).toThrow("network.vip");
      expect(existsSync(join(outdir, "stacks", "acme"))).toBe(false);
    });
  });
});
