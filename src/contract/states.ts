/** What a node is doing, as the whole cluster sees it. */
export const NODE_STATES = [
  "initializing",
  "joining",
  "active",
  "maintenance",
  "draining",
  "failed",
] as const;
export type NodeState = (typeof NODE_STATES)[number];

/** How the cluster is. "failed": no quorum, so nothing can be decided; "split-brain": a partition was detected. */
export const CLUSTER_STATES = [
  "forming",
  "healthy",
  "degraded",
  "rebalancing",
  "split-brain",
  "failed",
] as const;
export type ClusterState = (typeof CLUSTER_STATES)[number];

/** From the least to the most that an account may do. */
export const ROLES = ["viewer", "operator", "admin"] as const;
export type AccountRole = (typeof ROLES)[number];

/** Whether an account of role `held` may do what takes `needed`. */
export function mayAct(held: AccountRole, needed: AccountRole): boolean {
  return ROLES.indexOf(held) >= ROLES.indexOf(needed);
}
