import { App, TerraformStack } from "cdktf";
import { describe, expect, it } from "@jest/globals";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { CacheTier, Machines } from "../../../src/toolkit/constructs/index.ts";
import { example, inFolder, synthesise } from "./synth.ts";

const cluster = example("separate-tiers.yaml");

function hashes(versionOf?: (secret: string) => string): readonly string[] {
  let found: readonly string[] = [];
  synthesise((scope) => {
    const machines = new Machines(scope, "machines", { cluster, ...(versionOf && { versionOf }) });
    new CacheTier(scope, "cache", { machines });
    found = machines.bundles.map(({ hash }) => hash);
  });
  return found;
}

describe("the machines of a stack", () => {
  it("write the files of those that tiers ask for, and of no other, with placeholders for secrets", () => {
    inFolder((outdir) => {
      const app = new App({ outdir });
      const stack = new TerraformStack(app, "test");
      new CacheTier(stack, "cache", { machines: new Machines(stack, "machines", { cluster }) });
      app.synth();
      const folder = join(outdir, "stacks", "test", "machines");
      expect(readdirSync(folder)).toEqual(["redis-1", "redis-2", "redis-3"]);
      const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
        entry.isFile(),
      );
      const texts = files.map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8"));
      expect(texts.some((text) => text.includes("@@secret:"))).toBe(true);
    });
  });

  it("have other bundles when a secret has a new version, so that a rotation is rolled out", () => {
    expect(hashes(() => "2")).not.toEqual(hashes());
    expect(hashes(() => "1")).toEqual(hashes());
  });

  it("are made once, whoever asks for them", () => {
    synthesise((scope) => {
      const machines = new Machines(scope, "machines", { cluster: example("three-machines.yaml") });
      machines.require("database");
      const made = machines.containerOf("node-1");
      machines.require("cache");
      expect(machines.containerOf("node-1")).toBe(made);
      expect(machines.required.map(({ name }) => name)).toEqual(["node-1", "node-2", "node-3"]);
      expect(Machines.isMachines(machines)).toBe(true);
      expect(Machines.isMachines(scope)).toBe(false);
    });
  });
});
