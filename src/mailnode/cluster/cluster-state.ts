import type { ClusterState, NodeState } from "../../contract/states.ts";
import { majority } from "./level.ts";

/** One node's word on who leads. */
export interface LeaderClaim {
  readonly by: string;
  readonly leader: string;
  readonly term: number;
}

/** What one node can tell of the cluster. */
export interface ClusterEvidence {
  /** The cluster has once had as many nodes as it was to have at least, and a leader. */
  readonly formed: boolean;
  readonly voters: readonly string[];
  /** Voters that answer this node, itself among them. */
  readonly reachable: readonly string[];
  /** Voters that others say are alive; gossip goes round a cut link. */
  readonly alive: readonly string[];
  /** This node follows, or is, a leader who has a quorum. */
  readonly led: boolean;
  /** What the nodes that can be heard say. */
  readonly claims: readonly LeaderClaim[];
  readonly nodes: readonly NodeState[];
  /** Clients are being handed from one node to others. */
  readonly movingSessions: boolean;
}

/**
 * The state of the cluster as one node can tell it. What makes it worse comes first: without a quorum nothing is
 * decided, and a partition is named as such only on evidence that the other side lives.
 */
export function clusterState(evidence: ClusterEvidence): ClusterState {
  if (!evidence.formed) return "forming";
  if (isPartitioned(evidence)) return "split-brain";
  if (!evidence.led || !hasQuorum(evidence)) return "failed";
  if (evidence.movingSessions || evidence.nodes.includes("draining")) return "rebalancing";
  const allVotersHere = evidence.voters.every((voter) => evidence.reachable.includes(voter));
  return allVotersHere && evidence.nodes.every((state) => state === "active") ? "healthy" : "degraded";
}

function hasQuorum({ voters, reachable }: ClusterEvidence): boolean {
  return voters.filter((voter) => reachable.includes(voter)).length >= majority(voters.length);
}

/**
 * Somebody who lives cannot be reached, or two leaders are claimed who do not know of each other. (Only the one of
 * the higher term can commit anything; the other has not noticed yet.)
 */
function isPartitioned({ voters, reachable, alive, claims }: ClusterEvidence): boolean {
  const cutOff = voters.some((voter) => alive.includes(voter) && !reachable.includes(voter));
  const leaders = new Set(claims.filter(({ by, leader }) => by === leader).map(({ leader }) => leader));
  return cutOff || leaders.size > 1;
}
