import * as z from "zod";
import { clusterMemberSchema } from "./cluster-status.ts";
import { CLUSTER_STATES, NODE_STATES, ROLES } from "./states.ts";
import { keyText as key, nameText as name } from "./text.ts";

/** How a limit counts. */
export const LIMIT_ALGORITHMS = ["token-bucket", "sliding-window", "fixed-window", "leaky-bucket"] as const;
export type LimitAlgorithm = (typeof LIMIT_ALGORITHMS)[number];

/** How connections are spread over the nodes. */
export const BALANCING_STRATEGIES = [
  "round-robin",
  "least-connections",
  "weighted-round-robin",
  "ip-hash",
  "custom",
] as const;
export type BalancingStrategy = (typeof BALANCING_STRATEGIES)[number];

/**
 * How many replicas have a write on disk before it is answered. Below a quorum it is not committed then, and may be
 * lost with its leader.
 */
export const CONSISTENCY_LEVELS = ["one", "two", "three", "quorum", "all"] as const;
export type ConsistencyLevel = (typeof CONSISTENCY_LEVELS)[number];

/**
 * The lines of a HAProxy section that go with a strategy. What a node then answers to HAProxy's agent-check gives
 * the weights; which server a connection goes to, HAProxy decides by these.
 */
export const HAPROXY_BALANCE: Readonly<Record<BalancingStrategy, readonly string[]>> = {
  "round-robin": ["balance roundrobin"],
  "least-connections": ["balance leastconn"],
  "weighted-round-robin": ["balance roundrobin"],
  /*
   * Consistent: a node that goes takes only its own clients along; the default hash moves nearly all. The hash alone knows of
   * no limit of sessions: clients wait at their own node, when that is full, and are hung up on while others have room. So a
   * client goes to the next one once its own has a quarter more than the mean.
   */
  "ip-hash": ["balance source", "hash-type consistent", "hash-balance-factor 125"],
  custom: ["balance roundrobin"],
};

/** A year: what is to stay has no end. */
export const LONGEST_TTL_MS = 366 * 86_400_000;

const count = z.int().min(0);
const term = count;

/** GET /api/cluster/status. */
export const clusterStatusSchema = z.strictObject({
  cluster: name,
  status: z.enum(CLUSTER_STATES),
  /** The node that answers. */
  node: name,
  leader: z.strictObject({ node: name, term }).nullable(),
  term,
  commitIndex: count,
  appliedIndex: count,
  healthyNodes: count,
  totalNodes: count,
});
export type ClusterStatus = z.infer<typeof clusterStatusSchema>;

/** GET /api/cluster/nodes. */
export const clusterNodesSchema = z.strictObject({
  nodes: z.array(
    z.strictObject({
      id: name,
      state: z.enum(NODE_STATES),
      load: z.number().min(0).max(1),
      sessions: count,
      maxSessions: count,
      weight: count,
      region: name.optional(),
      roles: z.array(name),
      endpoints: z.array(z.string()),
      /** Age of what the node said last. */
      reportedMsAgo: count,
    }),
  ),
});
export type ClusterNodes = z.infer<typeof clusterNodesSchema>;

/** How a read is made sure of: by a quorum at this moment, or not at all, from the memory of the node that answers. */
export const CONSISTENCIES = ["linearizable", "stale"] as const;
export type Consistency = (typeof CONSISTENCIES)[number];

/** GET /api/cluster/state?key=: one key; values travel as base64. */
export const stateEntrySchema = z.strictObject({
  key,
  value: z.base64(),
  version: count,
  priority: z.enum(["high", "normal", "low"]),
  expiresInMs: count.optional(),
});
export type StateEntryView = z.infer<typeof stateEntrySchema>;

/** PUT /api/cluster/state. */
export const statePutSchema = z.strictObject({
  key,
  value: z.base64(),
  ttlMs: z.int().min(1).max(LONGEST_TTL_MS).optional(),
  priority: z.enum(["high", "normal", "low"]).default("normal"),
  level: z.enum(CONSISTENCY_LEVELS).default("quorum"),
  expect: count.optional(),
});
export type StatePut = z.infer<typeof statePutSchema>;

/** The answer to a write. `committed: false`: fewer than a quorum have it, and it may be lost. */
export const writtenSchema = z.strictObject({
  committed: z.boolean(),
  replicas: count,
  version: count.optional(),
});
export type WrittenView = z.infer<typeof writtenSchema>;

/** POST /api/cluster/maintenance. */
export const maintenancePostSchema = z.strictObject({
  node: name,
  action: z.enum(["enter", "exit"]),
  drainTimeoutMs: count.default(300_000),
  graceful: z.boolean().default(true),
  migrateSessions: z.boolean().default(true),
});
export type MaintenancePost = z.infer<typeof maintenancePostSchema>;

/** GET /api/cluster/maintenance. */
export const maintenanceListSchema = z.strictObject({
  nodes: z.array(
    z.strictObject({
      node: name,
      phase: z.enum(["draining", "maintenance"]),
      /** Sessions that were cut off when the drain time was over. */
      left: count,
      by: z.string(),
      since: z.iso.datetime(),
    }),
  ),
});
export type MaintenanceList = z.infer<typeof maintenanceListSchema>;

/** GET and PUT /api/cluster/config. `expect`: the version that the new one is made from, 0 when there was none. */
export const configViewSchema = z.strictObject({
  name,
  content: z.base64(),
  version: count,
  by: z.string(),
  at: z.iso.datetime(),
  nodes: z.array(z.strictObject({ node: name, version: count })),
});
export const configPutSchema = z.strictObject({
  name,
  content: z.base64(),
  expect: count.optional(),
});
export type ConfigView = z.infer<typeof configViewSchema>;
export type ConfigPut = z.infer<typeof configPutSchema>;

/** The answer to PUT /api/cluster/config. */
export const configVersionSchema = z.strictObject({ name, version: count });

/** GET /api/cluster/members: who is in the log's membership, as the node that answers knows it. */
export const membersSchema = z.strictObject({ members: z.array(clusterMemberSchema) });
export type Members = z.infer<typeof membersSchema>;

/** POST /api/cluster/members. `node`: a machine's name, or the id of a member whose machine nobody can tell. */
export const membersPostSchema = z.strictObject({
  action: z.enum(["add", "promote", "remove", "replace"]),
  node: name,
});
export type MemberAction = z.infer<typeof membersPostSchema>["action"];

/** GET /api/cluster/leader, and what a transfer came to. */
export const leaderSchema = z.strictObject({
  leader: z.strictObject({ node: name, term }).nullable(),
});
export type LeaderView = z.infer<typeof leaderSchema>;

/** POST /api/cluster/leader. `to`: a machine; absent: any that may lead. */
export const leaderPostSchema = z.strictObject({ to: name.optional() });

/** An account as it is shown; its token is shown once, when it is made. */
export const accountSchema = z.strictObject({ name, role: z.enum(ROLES) });
export const accountsSchema = z.strictObject({ accounts: z.array(accountSchema) });
export type Accounts = z.infer<typeof accountsSchema>;
export const grantedSchema = z.strictObject({ name, role: z.enum(ROLES), token: z.string() });
export type Granted = z.infer<typeof grantedSchema>;

/** GET /api/cluster/audit, oldest first. */
export const auditSchema = z.strictObject({
  records: z.array(
    z.strictObject({
      index: count,
      at: z.iso.datetime(),
      actor: z.string(),
      action: name,
      target: z.string(),
      /** "done", or the code of what came of it instead. */
      outcome: z.string(),
    }),
  ),
});
export type AuditView = z.infer<typeof auditSchema>;
