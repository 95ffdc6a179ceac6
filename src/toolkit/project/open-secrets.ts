import type { Env } from "../../support/env.ts";
import { UserError } from "../../support/errors.ts";
import { secretRequests } from "../services/secret-requests.ts";
import type { Service } from "../services/service.ts";
import { throwawayVault } from "../vault/throwaway-vault.ts";
import { openVault, type SecretStore } from "../vault/vault.ts";
import type { Target } from "./target.ts";

interface OpenOptions {
  readonly dryRun: boolean;
  readonly env: Env;
}

/** Secrets, and whether the vault's file still is what they were read from. */
interface OpenedSecrets extends SecretStore {
  isCurrent(): Promise<boolean>;
}

/**
 * The vault of a target, with everything in it that the services ask for. A dry run makes nothing: before the first
 * deployment it goes by made-up secrets.
 */
export async function openSecrets(
  { topology, directory, environment }: Target,
  services: readonly Service[],
  { dryRun, env }: OpenOptions,
): Promise<OpenedSecrets> {
  const requests = secretRequests(topology, services);
  const open = { directory, cluster: topology.cluster, env, environment };
  try {
    const vault = await openVault({ ...open, create: !dryRun });
    await vault.ensure(requests, { keep: !dryRun });
    return vault;
  } catch (error) {
    if (!dryRun || !(error instanceof UserError) || error.code !== "VAULT_MISSING") throw error;
    const throwaway = await throwawayVault(requests, env.now());
    return { ...throwaway, isCurrent: () => Promise.resolve(true) };
  }
}

/**
 * The same for a process that plans more than once, maybe an hour apart: read anew when another process has written the
 * vault since, else what a rotation has replaced meanwhile would be put back.
 */
export function keptSecrets(
  target: Target,
  services: readonly Service[],
  options: OpenOptions,
): () => Promise<SecretStore> {
  let opened: Promise<OpenedSecrets> | undefined;
  return async () => {
    const earlier = opened;
    // Another caller may have read it anew while this one was asking.
    if (earlier && !(await (await earlier).isCurrent()) && opened === earlier) opened = undefined;
    return (opened ??= openSecrets(target, services, options));
  };
}
