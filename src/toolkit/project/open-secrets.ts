import type { Env } from "../../support/env.ts";
import { UserError } from "../../support/errors.ts";
import { secretRequests } from "../services/secret-requests.ts";
import type { Service } from "../services/service.ts";
import { throwawayVault } from "../vault/throwaway-vault.ts";
import { openVault, type SecretStore } from "../vault/vault.ts";
import type { Target } from "./target.ts";

/**
 * The vault of a target, with everything in it that the services ask for. A dry run makes nothing: before the first
 * deployment it goes by made-up secrets.
 */
export async function openSecrets(
  { topology, directory, environment }: Target,
  services: readonly Service[],
  { dryRun, env }: { readonly dryRun: boolean; readonly env: Env },
): Promise<SecretStore> {
  const requests = secretRequests(topology, services);
  const open = { directory, cluster: topology.cluster, env, environment };
  try {
    const vault = await openVault({ ...open, create: !dryRun });
    await vault.ensure(requests, { keep: !dryRun });
    return vault;
  } catch (error) {
    if (!dryRun || !(error instanceof UserError) || error.code !== "VAULT_MISSING") throw error;
    return throwawayVault(requests, env.now());
  }
}
