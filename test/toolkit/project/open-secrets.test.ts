import { describe, expect, it } from "@jest/globals";
import { keptSecrets } from "../../../src/toolkit/project/open-secrets.ts";
import type { Target } from "../../../src/toolkit/project/target.ts";
import { systemEnv } from "../../../src/toolkit/runner/system-env.ts";
import { openVault } from "../../../src/toolkit/vault/vault.ts";
import { threeMachines } from "../fixtures/three-machines.ts";
import { newProject, password } from "../vault/fixtures.ts";

describe("the secrets of a process that plans more than once", () => {
  it("are read anew when another process has written the vault since, and once otherwise", async () => {
    const { options } = await newProject();
    const topology = { ...threeMachines, cluster: options.cluster };
    const target = { topology, directory: options.directory, environment: options.environment } as Target;
    const secrets = keptSecrets(target, [], { dryRun: false, env: systemEnv });
    const first = await secrets();
    expect(await secrets()).toBe(first);

    await (await openVault(options)).ensure([password]);
    expect(first.versions().get("cache/password")).toBeUndefined();
    const [anew, atOnce] = await Promise.all([secrets(), secrets()]);
    expect(anew.versions().get("cache/password")).toBe("1");
    expect(atOnce).toBe(anew);
  });
});
