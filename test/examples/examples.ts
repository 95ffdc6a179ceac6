import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { loadCluster } from "../../src/toolkit/project/load-cluster.ts";
import { resolve } from "../../src/toolkit/topology/resolve.ts";
import type { Topology } from "../../src/toolkit/topology/topology.ts";

const FOLDER = fileURLToPath(new URL("../../examples/", import.meta.url));

/** Names of the cluster files in examples/: a new one is tested without being listed anywhere. */
export const exampleFiles: readonly string[] = readdirSync(FOLDER)
  .filter((file) => /\.(yaml|ts)$/.test(file))
  .toSorted();

/** An example as mbctl sees it. */
export async function exampleTopology(file: string): Promise<Topology> {
  return resolve((await loadCluster(`${FOLDER}${file}`)).spec);
}
