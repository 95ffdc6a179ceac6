import type { LeaderView } from "../../../contract/cluster-api.ts";
import type { RunningCluster } from "../../cluster/running-cluster.ts";
import { ok, type Handler } from "./handler.ts";

export const getLeader: Handler<"getLeader"> = async ({ cluster }) => ok(viewOf(cluster));

export const postLeader: Handler<"postLeader"> = async ({ cluster, body, actor }) => {
  await cluster.transferLeadership(body.to, { actor });
  return ok(viewOf(cluster));
};

function viewOf(cluster: RunningCluster): LeaderView {
  const { leader, term } = cluster.part();
  return { leader: leader === null ? null : { node: leader, term } };
}
