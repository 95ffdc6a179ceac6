import { existsSync } from "node:fs";
import { copyFile, cp, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Bundle } from "../../bundle/bundle.ts";
import { clusterPaths } from "../../disk/cluster-paths.ts";
import { makePrivateDirectory } from "../../disk/replace-file.ts";
import type { RunbookContext } from "../runbook.ts";

/** What a person keeps beside the description, each a folder. */
const KEPT = ["overrides", "hooks", "runbooks"] as const;

interface Configuration extends Pick<RunbookContext, "topology" | "directory" | "project"> {
  readonly bundles: readonly Bundle[];
}

/**
 * Writes what is needed to put the machines up again. The folder is a project: the description with its overrides, hooks
 * and own runbooks, the vault as it is sealed, and the host keys. For a description that is a program it is a synthesised
 * stack as well, which `mbctl apply --stack` takes: the resolved description and every generated file, with references in
 * the place of secrets.
 */
export async function writeConfiguration(
  folder: string,
  { topology, bundles, directory, project }: Configuration,
): Promise<void> {
  const [from, to] = [clusterPaths(directory, topology.cluster), clusterPaths(folder, topology.cluster)];
  const machines = bundles.map(({ machine, hash, files }) => {
    const described = files.map(({ content: _content, ...rest }) => rest);
    return [machine, { hash, files: described }] as const;
  });
  await write(join(folder, "topology.json"), json(topology));
  await write(join(folder, "bundle.json"), json({ project: ".", machines: Object.fromEntries(machines) }));
  for (const { machine, files } of bundles)
    for (const file of files) await write(join(folder, "machines", machine, file.path), file.content);
  await copyProject(folder, project);
  await makePrivateDirectory(to.directory);
  await copyFile(from.vault, to.vault);
  await copyFile(from.versions, to.versions);
  await copyFile(from.knownHosts, to.knownHosts).catch((error: NodeJS.ErrnoException) => {
    // In a lab, or with the keys in ~/.ssh/known_hosts, there is none.
    if (error.code !== "ENOENT") throw error;
  });
}

async function copyProject(to: string, { folder, file }: RunbookContext["project"]): Promise<void> {
  if (file !== undefined) await copyFile(file, join(to, basename(file)));
  for (const name of KEPT) {
    const from = join(folder, name);
    if (existsSync(from)) await cp(from, join(to, name), { recursive: true, dereference: true });
  }
}

async function write(path: string, content: string): Promise<void> {
  await makePrivateDirectory(dirname(path));
  await writeFile(path, content, { mode: 0o600 });
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
