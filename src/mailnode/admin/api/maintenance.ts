import type { MaintenanceList } from "../../../contract/cluster-api.ts";
import type { RunningCluster } from "../../cluster/running-cluster.ts";
import { fresh } from "./fresh.ts";
import { ok, type Handler } from "./handler.ts";
import { ProblemError } from "./problem.ts";

export const getMaintenance: Handler<"getMaintenance"> = async ({ cluster, query }) => {
  await fresh(cluster, query.consistency);
  return ok(listOf(cluster));
};

export const postMaintenance: Handler<"postMaintenance"> = async ({ cluster, body, actor }) => {
  const { node, action, ...options } = body;
  if (action === "exit") await cluster.maintenance.exit(node, actor);
  else {
    await mustBeKnown(cluster, node);
    await cluster.maintenance.enter(node, options, actor);
  }
  return ok(listOf(cluster));
};

function listOf({ replica }: RunningCluster): MaintenanceList {
  const nodes = replica.machine.maintenances.list().map(([node, { phase, left, by, startedMs }]) => ({
    node,
    phase,
    left,
    by,
    since: new Date(startedMs).toISOString(),
  }));
  return { nodes };
}

/** The state takes a mark for any name, as a node may be marked before it comes; from a person it is a slip. */
async function mustBeKnown(cluster: RunningCluster, node: string): Promise<void> {
  await fresh(cluster, "linearizable");
  const known = new Set([
    ...cluster.registry.nodes().map(({ id }) => id),
    ...cluster.part().members.map((member) => member.node),
  ]);
  if (known.has(node)) return;
  throw new ProblemError(
    "not-found",
    `there is no node ${node} in the cluster`,
    `name one of ${[...known].sort().join(", ")}`,
  );
}
