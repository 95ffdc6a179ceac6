import type { ClusterStatus } from "../../../contract/cluster-api.ts";
import { ok, type Handler } from "./handler.ts";

export const getStatus: Handler<"getStatus"> = async ({ cluster }) => {
  const { leader, term, commitIndex, appliedIndex, status } = cluster.part();
  const { healthyNodes, totalNodes } = cluster.health();
  const body: ClusterStatus = {
    cluster: cluster.name,
    status,
    node: cluster.node,
    leader: leader === null ? null : { node: leader, term },
    term,
    commitIndex,
    appliedIndex,
    healthyNodes,
    totalNodes,
  };
  return ok(body);
};
