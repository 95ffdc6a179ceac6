import * as z from "zod";
import { CLUSTER_STATES, NODE_STATES } from "./states.ts";

const count = z.int().min(0);

/** What the log's membership makes of a node. A learner has the log and no vote; a witness a vote and no state. */
export const STANDINGS = ["voter", "witness", "learner"] as const;
export type Standing = (typeof STANDINGS)[number];

/** Whether gossip thinks a node alive; "unknown": it has never heard of it. */
export const LIVENESS = ["alive", "suspect", "dead", "left", "unknown"] as const;
export type Liveness = (typeof LIVENESS)[number];

/** One of those that the log's membership names. */
export const clusterMemberSchema = z.strictObject({
  /** The machine's name; the id when nobody has told yet which machine it is. */
  node: z.string(),
  /** Of the data directory: a machine that lost its disk comes back under another one. */
  id: z.string(),
  standing: z.enum(STANDINGS),
  seems: z.enum(LIVENESS),
});
export type ClusterMemberView = z.infer<typeof clusterMemberSchema>;

/** A node's part in its cluster, as this node sees it. */
export const clusterPartSchema = z.strictObject({
  name: z.string(),
  /** This node's own state. */
  state: z.enum(NODE_STATES),
  /** The whole cluster's, as far as this node can tell. */
  status: z.enum(CLUSTER_STATES),
  /** The id of this node's data directory. */
  member: z.string(),
  /** Absent while the membership does not name this node: it founds with others, or waits to be taken in. */
  standing: z.enum(STANDINGS).optional(),
  /** What it waits for, in a short sentence; absent when it is a member. */
  waiting: z.string().optional(),
  /** The machine's name. */
  leader: z.string().nullable(),
  term: count,
  commitIndex: count,
  appliedIndex: count,
  /** Entries that are committed and not applied here. Whether this node knows the newest one, only others can tell. */
  lag: count,
  members: z.array(clusterMemberSchema),
});
export type ClusterPart = z.infer<typeof clusterPartSchema>;
