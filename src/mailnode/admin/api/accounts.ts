import type { Accounts, Granted } from "../../../contract/cluster-api.ts";
import type { RunningCluster } from "../../cluster/running-cluster.ts";
import { fresh } from "./fresh.ts";
import { ok, type Handler } from "./handler.ts";

export const getAccounts: Handler<"getAccounts"> = async ({ cluster, query }) => {
  await fresh(cluster, query.consistency);
  return ok(listOf(cluster));
};

export const putAccount: Handler<"putAccount"> = async ({ cluster, body, actor }) => {
  const { name, role } = body;
  const token = await cluster.roles.grant(name, role, actor);
  const answer: Granted = { name, role, token: token.reveal() };
  return ok(answer);
};

export const deleteAccount: Handler<"deleteAccount"> = async ({ cluster, query, actor }) => {
  await cluster.roles.revoke(query.name, actor);
  return ok(listOf(cluster));
};

function listOf({ roles }: RunningCluster): Accounts {
  return { accounts: [...roles.list()] };
}
