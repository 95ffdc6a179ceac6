import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { BundleManifest } from "../../src/toolkit/constructs/bundle-manifest.ts";
import { DeployProject, hasTerraform, machinesTouched, type Outcome } from "./deploy.ts";

const example = readFileSync(new URL("../../examples/separate-tiers.yaml", import.meta.url), "utf8");
/** One mail machine takes more of the load: the balancers must know, nobody else. */
const edited = example.replace("roles: [mail], weight: 5", "roles: [mail], weight: 8");
const DEPLOY_MS = 120_000;

if (!hasTerraform) {
  process.stderr.write(
    "SKIPPED: deployments with cdktf, because there is no terraform on the PATH. Install it to run them.\n",
  );
}

(hasTerraform ? describe : describe.skip)("cdktf deploy of machines that exist", () => {
  let project: DeployProject;
  let log: string;
  let first: Outcome;

  /** What the rollout has written since the last look. */
  const rollouts = (): string => {
    const text = readFileSync(log, "utf8");
    writeFileSync(log, "");
    return text;
  };
  const hashes = (): Readonly<Record<string, string>> => {
    const text = readFileSync(join(project.stackFolder("separate"), "bundle.json"), "utf8");
    const { machines } = JSON.parse(text) as BundleManifest;
    return Object.fromEntries(Object.entries(machines).map(([name, { hash }]) => [name, hash]));
  };

  beforeAll(async () => {
    const command = fileURLToPath(new URL("rollout.sh", import.meta.url));
    project = new DeployProject({ cluster: example, apply: [command, "apply", "--stack", "."] });
    log = join(project.folder, "rollout.log");
    writeFileSync(log, "");
    first = await project.deploy({ ROLLOUT_LOG: log, MAILBASTION_KEY_FILE: "/run/keys/vault" });
  }, DEPLOY_MS);

  afterAll(() => project[Symbol.dispose]());

  it("runs the rollout once, in the stack's folder, with the key's variable and without a terminal", () => {
    expect(first.output).toContain("rolling out");
    expect(first.output).toMatch(/1 added, 0 changed, 0 destroyed/);
    expect(first.code).toBe(0);
    expect(rollouts()).toBe(
      "arguments: apply --stack .\nkey file: /run/keys/vault\nno terminal\nin the stack's folder\n",
    );
  });

  it(
    "has no changes when nothing changed, and does not run the rollout",
    async () => {
      const second = await project.deploy({ ROLLOUT_LOG: log });
      expect(second.output).toContain("No changes");
      expect(second.code).toBe(0);
      expect(rollouts()).toBe("");
    },
    DEPLOY_MS,
  );

  it(
    "names in its plan just the machines that an edit touches",
    async () => {
      const before = hashes();
      project.describe(edited);
      const { output } = await project.plan();
      const after = hashes();
      const changed = Object.keys(after).filter((name) => after[name] !== before[name]);
      expect(changed).toContain("lb-1");
      expect(changed).not.toContain("db-1");
      expect(machinesTouched(output)).toEqual(changed);
      expect(rollouts()).toBe("");
    },
    DEPLOY_MS,
  );

  it(
    "fails when the rollout fails, and repeats it at the next turn",
    async () => {
      const failed = await project.deploy({ ROLLOUT_LOG: log, ROLLOUT_EXIT: "3" });
      expect(failed.code).not.toBe(0);
      expect(failed.output).toContain("exit status 3");
      expect(rollouts()).toContain("arguments: apply");

      const repeated = await project.deploy({ ROLLOUT_LOG: log });
      expect(repeated.output).toMatch(/1 added, 0 changed, 1 destroyed/);
      expect(repeated.code).toBe(0);
      expect(rollouts()).toContain("arguments: apply");

      const settled = await project.deploy({ ROLLOUT_LOG: log });
      expect(settled.output).toContain("No changes");
      expect(rollouts()).toBe("");
    },
    3 * DEPLOY_MS,
  );

  it(
    "prints the faults of a description and leaves the machines alone",
    async () => {
      project.describe(edited.replace("vip: 192.168.1.100", "vip: 192.168.1.101"));
      const refused = await project.deploy({ ROLLOUT_LOG: log });
      expect(refused.code).not.toBe(0);
      expect(refused.output).toContain('network.vip is "192.168.1.101": is the address of machine mb-1');
      expect(rollouts()).toBe("");
    },
    DEPLOY_MS,
  );
});
