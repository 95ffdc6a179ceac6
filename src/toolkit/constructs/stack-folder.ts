import { mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Bundle, BundleFile } from "../bundle/bundle.ts";
import type { Topology } from "../topology/topology.ts";
import type { BundleManifest } from "./bundle-manifest.ts";

/**
 * Writes topology.json, bundle.json and machines/<machine>/<path of each file> into the folder of a stack.
 *
 * Files of an earlier synthesis that no bundle holds any more are removed, with the folders they leave empty;
 * what bundle.json did not list is not ours and stays. bundle.json comes last, so that it never lists a file
 * that is not there.
 */
export function writeStackFolder(
  folder: string,
  topology: Topology,
  manifest: BundleManifest,
  bundles: readonly Bundle[],
): void {
  const files = new Map(
    bundles.flatMap(({ machine, files }) => files.map((file) => [fileIn(machine, file), file.content])),
  );
  for (const orphan of earlierFiles(folder)) if (!files.has(orphan)) removeFile(folder, orphan);
  write(folder, "topology.json", json(topology));
  for (const [path, content] of files) write(folder, path, content);
  write(folder, "bundle.json", json(manifest));
}

/** Where a file of a machine lies below the stack's folder; its path on the machine is absolute. */
function fileIn(machine: string, file: Pick<BundleFile, "path">): string {
  return join("machines", machine, file.path);
}

function earlierFiles(folder: string): readonly string[] {
  let manifest: BundleManifest;
  try {
    manifest = JSON.parse(readFileSync(join(folder, "bundle.json"), "utf8")) as BundleManifest;
  } catch {
    // None there, or one that a crash cut short: then nothing is known to be ours, and nothing is removed.
    return [];
  }
  return Object.entries(manifest.machines)
    .flatMap(([machine, { files }]) => files.map((file) => fileIn(machine, file)))
    .filter((path) => path.startsWith(join("machines", "/")));
}

function removeFile(folder: string, path: string): void {
  rmSync(join(folder, path), { force: true });
  for (let parent = dirname(path); parent !== "."; parent = dirname(parent)) {
    try {
      if (readdirSync(join(folder, parent)).length > 0) return;
      rmdirSync(join(folder, parent));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }
}

function write(folder: string, path: string, content: string): void {
  mkdirSync(join(folder, dirname(path)), { recursive: true });
  writeFileSync(join(folder, path), content);
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
