import type { AuditView } from "../../../contract/cluster-api.ts";
import { fresh } from "./fresh.ts";
import { ok, type Handler } from "./handler.ts";

export const getAudit: Handler<"getAudit"> = async ({ cluster, query }) => {
  const { consistency, limit, after, actor, action } = query;
  await fresh(cluster, consistency);
  const found = cluster.audit.list({
    ...(after !== undefined && { after }),
    ...(actor !== undefined && { actor }),
    ...(action !== undefined && { action }),
  });
  // Whoever goes on from what he has read last must miss nothing: then the oldest come first.
  const shown = after === undefined ? found.slice(-limit) : found.slice(0, limit);
  const body: AuditView = {
    records: shown.map(({ atMs, ...record }) => ({ ...record, at: new Date(atMs).toISOString() })),
  };
  return ok(body);
};
