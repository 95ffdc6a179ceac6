import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, dirname, extname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { UserError } from "../../support/errors.ts";
import { parseCluster } from "../spec/parse.ts";
import type { ClusterSpec } from "../spec/schema.ts";
import { parseYaml } from "../spec/yaml.ts";

export interface LoadedCluster {
  readonly spec: ClusterSpec;
  /** Absolute path of the description. */
  readonly file: string;
  /** The folder of the description: vault, known hosts and logs of the cluster lie in it. */
  readonly directory: string;
}

const DEFAULTS = ["cluster.yaml", "cluster.ts"];

/**
 * Reads a description from YAML, or from a TypeScript module whose default export is one.
 *
 * `file` is taken from the current folder; without it cluster.yaml or cluster.ts there. Throws CLUSTER_FILE_MISSING,
 * CLUSTER_FILE_KIND, YAML_UNREADABLE or SPEC_INVALID.
 */
export async function loadCluster(file?: string): Promise<LoadedCluster> {
  const path = file === undefined ? defaultFile() : resolve(file);
  if (!existsSync(path)) {
    throw new UserError(
      "CLUSTER_FILE_MISSING",
      `there is no cluster file ${path}`,
      "name the file with --file",
    );
  }
  const input = await readInput(path);
  return { spec: parseCluster(input, basename(path)), file: path, directory: dirname(path) };
}

function defaultFile(): string {
  const found = DEFAULTS.map((name) => resolve(name)).find((path) => existsSync(path));
  if (found) return found;
  throw new UserError(
    "CLUSTER_FILE_MISSING",
    `there is neither ${DEFAULTS.join(" nor ")} in ${resolve(".")}`,
    "name the file with --file, or begin with a copy of examples/three-machines.yaml",
  );
}

async function readInput(path: string): Promise<unknown> {
  switch (extname(path)) {
    case ".yaml":
    case ".yml":
      return parseYaml(await readFile(path, "utf8"), basename(path));
    case ".ts":
    case ".js":
    case ".mjs":
      return ((await import(pathToFileURL(path).href)) as { readonly default?: unknown }).default;
    default:
      throw new UserError(
        "CLUSTER_FILE_KIND",
        `${path} is neither YAML nor TypeScript`,
        "name it cluster.yaml or cluster.ts",
      );
  }
}
