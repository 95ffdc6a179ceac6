import { join } from "node:path";
import * as z from "zod";
import { buildBundles } from "../../bundle/build.ts";
import { replaceFile } from "../../disk/replace-file.ts";
import type { RunIdentity } from "../../runner/plan.ts";
import { streamDatabase } from "../../services/galera/backup.ts";
import { streamCache } from "../../services/redis/backup.ts";
import { plannedPhase } from "../../steps/phase.ts";
import type { Step } from "../../steps/step.ts";
import { machinesWith } from "../../topology/topology.ts";
import { keyFilePath } from "../../vault/key-file.ts";
import type { Runbook, RunbookContext } from "../runbook.ts";
import { askSource, cacheSource, databaseSource } from "./choose-source.ts";
import { keepNewest } from "./keep.ts";
import { lookIntoCache, lookIntoDatabase } from "./look-inside.ts";
import { CACHE_FILE, CONFIGURATION, DATABASE_FILE, MANIFEST, type Manifest } from "./manifest.ts";
import { filesOf } from "./verify.ts";
import { writeConfiguration } from "./write-configuration.ts";

const backupArguments = z.strictObject({
  /** An absolute path; each backup is a folder in it. */
  to: z.string().startsWith("/"),
  /** How many whole backups of the cluster are kept there. Default: all. */
  keep: z.int().min(1).optional(),
  /** The database machine to copy, where a person has decided. */
  from: z.string().optional(),
});
type BackupArguments = z.infer<typeof backupArguments>;

/**
 * Copies database, cache, configuration and vault into a folder of this computer, sealed with the vault's key. The mail
 * queue is not in it: what is in a queue was delivered or refused long before anybody restores it, and to restore it
 * would be to send it twice.
 */
export const backup: Runbook<BackupArguments> = {
  name: "backup",
  summary: "copy database, cache, configuration and vault into a folder here, sealed with the vault's key",
  arguments: backupArguments,
  isRepeatable: true,
  // One that was broken off is worth nothing to the next one.
  supersedes: () => true,
  survey: ({ topology }) => ({
    machines: topology.machines.map(({ name }) => name),
    command: (name) => askSource(topology, name),
  }),
  plan: (context, { to, keep, from }, answers, run) => {
    const { topology, environment } = context;
    const folder = join(to, folderName(topology.cluster, run));
    const keyFile = keyFilePath(topology.cluster, environment);
    const has = (role: "database" | "cache") => machinesWith(topology, role).length > 0;
    const database = has("database") ? databaseSource(topology, answers, from) : undefined;
    const cache = has("cache") ? cacheSource(topology, answers) : undefined;
    const steps: Step[] = [];
    if (database)
      steps.push({
        title: "copy the database",
        machine: database.machine.name,
        commands: [streamDatabase({ localFile: join(folder, DATABASE_FILE), keyFile })],
      });
    if (cache)
      steps.push({
        title: "copy the cache",
        machine: cache.machine.name,
        commands: [streamCache(cache.machine, { localFile: join(folder, CACHE_FILE), keyFile })],
      });
    const conclude = async (): Promise<void> => {
      await putConfiguration(context, join(folder, CONFIGURATION));
      // A backup that does not open is none: it is read to its end before it is called whole.
      const copy = database && (await lookIntoDatabase(folder, keyFile));
      if (cache) await lookIntoCache(folder, keyFile);
      const manifest: Manifest = {
        format: 1,
        cluster: topology.cluster,
        run: run.id,
        at: new Date(run.at).toISOString(),
        ...(database && {
          database: {
            machine: database.machine.name,
            version: database.evidence.version,
            position: copy!.position,
          },
        }),
        ...(cache && { cache: { machine: cache.machine.name, version: cache.evidence.version } }),
        files: [...(await filesOf(folder))],
      };
      await replaceFile(join(folder, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`, 0o600);
      if (keep !== undefined) await keepNewest(to, topology.cluster, keep);
    };
    return {
      phases: steps.map((step) => plannedPhase(step.title, [[step]])),
      notes: [`the backup is put into ${folder}`],
      next: `mbctl backup verify ${folder}`,
      conclude,
    };
  },
};

/** "acme-20261122T180000Z": sorted by name is sorted by time. */
function folderName(cluster: string, { at }: RunIdentity): string {
  const time = new Date(at).toISOString().replace(/\.\d+Z$/, "Z");
  return `${cluster}-${time.replaceAll(/[-:]/g, "")}`;
}

async function putConfiguration(context: RunbookContext, folder: string): Promise<void> {
  const { topology, services, overrides, directory, project } = context;
  const versions = (await context.secrets()).versions();
  const versionOf = (name: string): string => versions.get(name) ?? "1";
  const bundles = buildBundles(topology, { services, overrides, versionOf });
  await writeConfiguration(folder, { topology, bundles, directory, project });
}
