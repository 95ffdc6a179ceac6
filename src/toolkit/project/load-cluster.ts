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
 * CLUSTER_FILE_KIND, CLUSTER_FILE_UNREADABLE, CLUSTER_MODULE, YAML_UNREADABLE or SPEC_INVALID.
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
      return parseYaml(await readText(path), basename(path));
    case ".ts":
    case ".js":
    case ".mjs":
      return importDefault(path);
    default:
      throw new UserError(
        "CLUSTER_FILE_KIND",
        `${path} is neither YAML nor TypeScript`,
        "name it cluster.yaml or cluster.ts",
      );
  }
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw new UserError(
      "CLUSTER_FILE_UNREADABLE",
      `the cluster file ${path} cannot be read (${(error as NodeJS.ErrnoException).code})`,
      "name a file that this user may read",
      { cause: error },
    );
  }
}

/** The module's own code may fail to parse, to find what it imports, or to run: its author mends it, not we. */
async function importDefault(path: string): Promise<unknown> {
  try {
    return ((await import(pathToFileURL(path).href)) as { readonly default?: unknown }).default;
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(
      "CLUSTER_MODULE",
      `${basename(path)} cannot be loaded: ${error instanceof Error ? error.message : String(error)}`,
      "mend it until it runs on its own with node, with the description as its default export",
      { cause: error },
    );
  }
}
