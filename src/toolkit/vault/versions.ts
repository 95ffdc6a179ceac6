import { readFile } from "node:fs/promises";
import * as z from "zod";
import type { Env } from "../../support/env.ts";
import { UserError } from "../../support/errors.ts";
import { clusterPaths } from "../disk/cluster-paths.ts";
import { replaceFile } from "../disk/replace-file.ts";
import type { SecretRequest } from "../services/service.ts";
import { type EntryFacts, entryFactsSchema, inOrderOfMaking, secretNames, versionOf } from "./entry.ts";
import { operatorCertificateVersion } from "./operator-certificate.ts";

const schema = z.strictObject({ format: z.literal(1), secrets: z.record(z.string(), entryFactsSchema) });

/**
 * The version of every secret that `requests` name, without a key: what the vault holds, or what apply will
 * make. "1" where nothing is stored yet. The function throws for a name that no request makes.
 */
export async function readVersions(
  project: string,
  cluster: string,
  requests: readonly SecretRequest[],
  env: Pick<Env, "now">,
): Promise<(name: string) => string> {
  const stored = await readVersionsFile(clusterPaths(project, cluster).versions);
  const versions = new Map<string, string>();
  for (const request of inOrderOfMaking(requests)) {
    const version =
      request.kind === "files"
        ? await operatorCertificateVersion(request, project)
        : versionOf(request, stored?.get(request.name), env.now());
    for (const name of secretNames(request)) versions.set(name, version);
  }
  return (name) => {
    const version = versions.get(name);
    if (version === undefined) throw new Error(`no service asks the vault for ${name}`);
    return version;
  };
}

/** What versions.json says, by request; undefined when there is no such file. Throws VERSIONS_DAMAGED. */
export async function readVersionsFile(path: string): Promise<ReadonlyMap<string, EntryFacts> | undefined> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  try {
    return new Map(Object.entries(schema.parse(JSON.parse(text)).secrets));
  } catch (error) {
    throw new UserError(
      "VERSIONS_DAMAGED",
      `${path} is damaged`,
      "delete it and run mbctl apply, which writes it from the vault",
      {
        cause: error,
      },
    );
  }
}

/** Writes versions.json when it does not say the same already. */
export async function writeVersionsFile(path: string, facts: ReadonlyMap<string, EntryFacts>): Promise<void> {
  const secrets = Object.fromEntries([...facts].toSorted(([a], [b]) => (a < b ? -1 : 1)));
  const text = `${JSON.stringify({ format: 1, secrets }, null, 2)}\n`;
  const present = await readFile(path, "utf8").catch(() => undefined);
  if (present !== text) await replaceFile(path, text, 0o644);
}
