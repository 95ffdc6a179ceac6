import type { MemberAction, Members } from "../../../contract/cluster-api.ts";
import type { By, RunningCluster } from "../../cluster/running-cluster.ts";
import { ok, type Handler } from "./handler.ts";
import { ProblemError } from "./problem.ts";

export const getMembers: Handler<"getMembers"> = async ({ cluster }) => ok(listOf(cluster));

export const postMembers: Handler<"postMembers"> = async ({ cluster, body, actor }) => {
  await CHANGES[body.action](cluster, body.node, { actor });
  return ok(listOf(cluster));
};

type Change = (cluster: RunningCluster, node: string, by: By) => Promise<void>;

const CHANGES: Readonly<Record<MemberAction, Change>> = {
  add: (cluster, node, by) => cluster.addMember(node, by),
  remove: (cluster, node, by) => cluster.removeMember(node, by),
  replace: (cluster, node, by) => cluster.replaceMember(node, by),
  /** The second half of adding, for a learner that was too far behind then: of a stranger it would be the first. */
  promote: async (cluster, node, by) => {
    const isMember = cluster.part().members.some((member) => member.node === node || member.id === node);
    if (!isMember) throw new ProblemError("not-found", `${node} is no member`, "add it first");
    await cluster.addMember(node, by);
  },
};

function listOf(cluster: RunningCluster): Members {
  return { members: [...cluster.part().members] };
}
