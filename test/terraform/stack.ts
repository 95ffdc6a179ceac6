import { App } from "cdktf";
import { ClusterStack } from "../../src/toolkit/constructs/index.ts";
import { loadCluster } from "../../src/toolkit/project/load-cluster.ts";

/** An app like stacks/main.ts, with a rollout that runs the arguments of this program instead of mbctl. */
const [program, argument, ...more] = process.argv.slice(2);
const { spec, directory } = await loadCluster();
const app = new App();
new ClusterStack(app, spec, { project: directory, apply: [program!, argument!, ...more] });
app.synth();
