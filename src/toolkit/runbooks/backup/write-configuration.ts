import { copyFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Bundle } from "../../bundle/bundle.ts";
import { clusterPaths } from "../../disk/cluster-paths.ts";
import { makePrivateDirectory } from "../../disk/replace-file.ts";
import type { Topology } from "../../topology/topology.ts";

/**
 * Writes what is needed to put the machines up again, in the form of a synthesised stack that is its own project: the
 * resolved description, every generated file with references in the place of secrets, the vault as it is sealed, and
 * the host keys. `mbctl apply --stack` takes the folder as it is.
 *
 * @param project where the cluster's vault lies
 */
export async function writeConfiguration(
  folder: string,
  { topology, bundles, project }: { topology: Topology; bundles: readonly Bundle[]; project: string },
): Promise<void> {
  const [from, to] = [clusterPaths(project, topology.cluster), clusterPaths(folder, topology.cluster)];
  const machines = bundles.map(({ machine, hash, files }) => {
    const described = files.map(({ content: _content, ...rest }) => rest);
    return [machine, { hash, files: described }] as const;
  });
  await write(join(folder, "topology.json"), json(topology));
  await write(join(folder, "bundle.json"), json({ project: ".", machines: Object.fromEntries(machines) }));
  for (const { machine, files } of bundles)
    for (const file of files) await write(join(folder, "machines", machine, file.path), file.content);
  await makePrivateDirectory(to.directory);
  await copyFile(from.vault, to.vault);
  await copyFile(from.versions, to.versions);
  await copyFile(from.knownHosts, to.knownHosts).catch((error: NodeJS.ErrnoException) => {
    // In a lab, or with the keys in ~/.ssh/known_hosts, there is none.
    if (error.code !== "ENOENT") throw error;
  });
}

async function write(path: string, content: string): Promise<void> {
  await makePrivateDirectory(dirname(path));
  await writeFile(path, content, { mode: 0o600 });
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
