import type { ClusterNodes } from "../../../contract/cluster-api.ts";
import { fresh } from "./fresh.ts";
import { ok, type Handler } from "./handler.ts";

export const getNodes: Handler<"getNodes"> = async ({ cluster, query }) => {
  await fresh(cluster, query.consistency);
  const { now } = cluster.replica.machine;
  const body: ClusterNodes = {
    nodes: cluster.registry.nodes().map(({ id, state, record }) => ({
      id,
      state,
      load: record.load,
      sessions: record.sessions,
      maxSessions: record.maxSessions,
      weight: record.weight,
      ...(record.region !== undefined && { region: record.region }),
      roles: record.roles,
      endpoints: record.endpoints,
      reportedMsAgo: Math.max(0, now - record.reportedAt),
    })),
  };
  return ok(body);
};
