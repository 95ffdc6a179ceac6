import { App } from "cdktf";
import { createRequire } from "node:module";
import { ClusterStack } from "../../../src/toolkit/constructs/index.ts";
import { loadCluster } from "../../../src/toolkit/project/load-cluster.ts";

/** Synthesises the description named by the first argument and prints the version of cdktf that did it. */
const { spec } = await loadCluster(process.argv[2]);
const app = new App();
new ClusterStack(app, spec);
app.synth();
const { version } = createRequire(import.meta.url)("cdktf/package.json") as { readonly version: string };
process.stdout.write(`${version}\n`);
