import { App } from "cdktf";
import { describe, expect, it } from "@jest/globals";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { DatabaseTier, LoadBalancerTier, Machines, Rollout } from "../../../src/toolkit/constructs/index.ts";
import { example, synthesise } from "./synth.ts";

const HASH = /^[0-9a-f]{64}$/;
const root = fileURLToPath(new URL("../../../", import.meta.url));

interface Exec {
  readonly interpreter: readonly string[];
  readonly command: string;
}

describe("a rollout", () => {
  it("is triggered by each machine's container and bundle, under the machine's name", () => {
    const stack = synthesise((scope) => {
      const machines = new Machines(scope, "machines", { cluster: example("three-machines.yaml") });
      new DatabaseTier(scope, "database", { machines });
      new Rollout(scope, "rollout", { machines });
    });
    const trigger = (name: string) => ({
      bundle: expect.stringMatching(HASH),
      container: `\${docker_container.${name}.id}`,
    });
    expect(stack.resource["terraform_data"]!["apply"]!["triggers_replace"]).toEqual({
      "node-1": trigger("node-1"),
      "node-2": trigger("node-2"),
      "node-3": trigger("node-3"),
    });
  });

  it("is triggered by the bundles alone where the machines exist", () => {
    const stack = synthesise((scope) => {
      const machines = new Machines(scope, "machines", { cluster: example("separate-tiers.yaml") });
      new LoadBalancerTier(scope, "load-balancer", { machines });
      new Rollout(scope, "rollout", { machines });
    });
    expect(stack.resource["terraform_data"]!["apply"]!["triggers_replace"]).toEqual({
      "lb-1": { bundle: expect.stringMatching(HASH) },
      "lb-2": { bundle: expect.stringMatching(HASH) },
    });
  });

  it("knows machines that a tier asks for after it was made", () => {
    const stack = synthesise((scope) => {
      const machines = new Machines(scope, "machines", { cluster: example("separate-tiers.yaml") });
      new Rollout(scope, "rollout", { machines });
      new LoadBalancerTier(scope, "load-balancer", { machines });
    });
    const triggers = stack.resource["terraform_data"]!["apply"]!["triggers_replace"] as object;
    expect(Object.keys(triggers)).toEqual(["lb-1", "lb-2"]);
  });

  it("runs its command as an argument list, without a shell", () => {
    const stack = synthesise((scope) => {
      const machines = new Machines(scope, "machines", { cluster: example("separate-tiers.yaml") });
      new Rollout(scope, "rollout", { machines, command: ["log", "a b", "$(c)"] });
    });
    expect(stack.resource["terraform_data"]!["apply"]!["provisioner"]).toEqual([
      { "local-exec": { interpreter: ["log", "a b"], command: "$(c)" } },
    ]);
  });

  it("runs mbctl of this package by its path from the stack's folder when not told otherwise", () => {
    let outdir = "";
    const stack = synthesise((scope) => {
      outdir = App.of(scope).outdir;
      const machines = new Machines(scope, "machines", { cluster: example("separate-tiers.yaml") });
      new Rollout(scope, "rollout", { machines });
    });
    const [provisioner] = stack.resource["terraform_data"]!["apply"]!["provisioner"] as Record<
      string,
      Exec
    >[];
    const { interpreter, command } = provisioner!["local-exec"]!;
    expect([...interpreter.slice(1), command]).toEqual(["apply", "--yes", "--stack", "."]);
    expect(interpreter[0]).toMatch(/^\.\.\//);
    expect(resolve(outdir, "stacks", "test", interpreter[0]!)).toBe(join(root, "bin", "mbctl.js"));
  });
});
