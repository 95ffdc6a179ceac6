import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { readManifest } from "./manifest.ts";

/**
 * Removes the oldest whole backups of a cluster in a folder until `keep` are left. Whatever else lies there stays:
 * backups of other clusters, those that did not end, and files of anybody. Returns what it removed.
 */
export async function keepNewest(folder: string, cluster: string, keep: number): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const backups = await Promise.all(
    entries
      .filter((entry) => entry.isDirectory())
      .map(async ({ name }) => ({
        path: join(folder, name),
        manifest: await readManifest(join(folder, name)).catch(() => undefined),
      })),
  );
  const ours = backups
    .filter(({ manifest }) => manifest?.cluster === cluster)
    .toSorted((a, b) => (a.manifest!.at < b.manifest!.at ? 1 : -1));
  const old = ours.slice(keep).map(({ path }) => path);
  for (const path of old) await rm(path, { recursive: true });
  return old;
}
