/*
 * A program that is a node of a cluster, in a process of its own. Its argument: the options of joinCluster as JSON. Told
 * anything by its parent it dies, as by a loss of power, once it leads and all others hold its whole log.
 */
import { joinCluster, type JoinOptions } from "../../../src/mailnode/library/index.ts";

const cluster = await joinCluster(JSON.parse(process.argv[2]!) as JoinOptions);

process.on("disconnect", () => process.exit());
process.on("message", () => void dieWhenEqual());

async function dieWhenEqual(): Promise<void> {
  for (;;) {
    const { version } = await cluster
      .replicateState("last", "", { level: "all" })
      .catch(() => ({ version: undefined }));
    // Every disk has what was just written; in this turn nothing can follow it.
    if (version !== undefined && cluster.inner.raft()?.lastIndex === version)
      process.kill(process.pid, "SIGKILL");
  }
}
