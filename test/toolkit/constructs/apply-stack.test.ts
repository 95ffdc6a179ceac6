import { App } from "cdktf";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { loadOverrides } from "../../../src/toolkit/bundle/load-overrides.ts";
import { ClusterStack } from "../../../src/toolkit/constructs/index.ts";
import { openTarget } from "../../../src/toolkit/project/target.ts";
import {
  type ApplyInputs,
  machinesToApply,
  planApply,
} from "../../../src/toolkit/runbooks/apply/run-apply.ts";
import { services } from "../../../src/toolkit/services/registry.ts";
import { secretRequests } from "../../../src/toolkit/services/secret-requests.ts";
import type { ClusterSpec } from "../../../src/toolkit/spec/schema.ts";
import { throwawayVault } from "../../../src/toolkit/vault/throwaway-vault.ts";
import { example } from "./synth.ts";

const noRelease = () => Promise.resolve({ id: "none", archive: "/none", runtimes: {} });
const platforms = [
  { kind: "hosts" },
  { kind: "docker", endpoint: "unix:///var/run/docker.sock" },
] as const satisfies readonly ClusterSpec["platform"][];

/** An example on machines that are no lab: with a certificate for its clients. */
function real(file: string, platform: ClusterSpec["platform"] = { kind: "hosts" }): ClusterSpec {
  const tls = { public: { certificateFile: "/etc/ssl/mail.crt", keyFile: "/etc/ssl/mail.key" } };
  return { ...example(file), platform, tls };
}

let project: string;
beforeEach(() => void (project = mkdtempSync(join(tmpdir(), "mailbastion-apply-stack-"))));
afterEach(() => rmSync(project, { recursive: true }));

/** Synthesises the stack as docs/reference/constructs.md shows it, and returns its folder. */
function synthesise(spec: ClusterSpec): string {
  const app = new App({ outdir: join(project, "cdktf.out") });
  new ClusterStack(app, spec, { project });
  app.synth();
  return join(app.outdir, "stacks", spec.name);
}

/** What `mbctl apply --stack` would do, and the same for the description itself. */
async function planOf(stack: string) {
  const { topology, hashes, project: folder } = await openTarget({ stack }, {});
  const secrets = await throwawayVault(secretRequests(topology, services), Date.now());
  const whole = { topology, services, secrets, overrides: loadOverrides(folder), overwrite: false };
  const facts = new Map(
    topology.machines.map(({ name, address }) => {
      const stdout = `os debian\narch x86_64\ninterface ${address} ens18\n`;
      return [name, { code: 0, stdout, stderr: "" }] as const;
    }),
  );
  const titles = async (inputs: ApplyInputs) =>
    (await planApply(inputs, facts, noRelease)).phases.map(({ title }) => title);
  const ofStack = { ...whole, hashes: hashes! };
  return {
    machines: machinesToApply(ofStack).map(({ name }) => name),
    phases: await titles(ofStack),
    ofDescription: await titles(whole),
  };
}

function override(path: string, text: string): void {
  const file = join(project, "overrides", path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

describe("the apply of a synthesised stack", () => {
  it.each(platforms)("goes to the witness too, and forms every tier, on $kind", async (platform) => {
    const plan = await planOf(synthesise(real("two-and-a-witness.yaml", platform)));
    expect(plan.machines).toEqual(["node-1", "node-2", "node-3"]);
    expect(plan.phases).toEqual(plan.ofDescription);
    expect(plan.phases).toEqual(
      expect.arrayContaining(["form the storage volume", "form the database cluster", "form the cache"]),
    );
  });

  it("takes one whose project has overrides, with no word about them in its program", async () => {
    override("all/etc/haproxy/haproxy.cfg.append", "# ours\n");
    const stack = synthesise(real("three-machines.yaml"));
    expect(readFileSync(join(stack, "machines/node-1/etc/haproxy/haproxy.cfg"), "utf8")).toMatch(/# ours\n$/);
    const { phases, ofDescription } = await planOf(stack);
    expect(phases).toEqual(ofDescription);
  });

  it("refuses one that is older than an override, and says what a stack of one's own has to name", async () => {
    const stack = synthesise(real("three-machines.yaml"));
    override("node-2/etc/haproxy/haproxy.cfg.append", "# ours\n");
    await expect(planOf(stack)).rejects.toMatchObject({
      code: "STACK_STALE",
      message: "the synthesised files of node-2 are not those that would be put there now",
      remedy: expect.stringMatching(/project, where vault and overrides lie, .*versionOf/),
    });
  });
});
