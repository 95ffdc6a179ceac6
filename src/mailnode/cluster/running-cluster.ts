import type { ClusterPart } from "../../contract/cluster-status.ts";
import type { HistogramFigures } from "../../support/histogram.ts";
import type { Affinity } from "./affinity.ts";
import type { Audit } from "./audit.ts";
import type { ConfigDistribution } from "./config-distribution.ts";
import type { LeaseKeeper } from "./lease-keeper.ts";
import type { Maintenance } from "./maintenance.ts";
import type { RateLimits } from "./rate-limits.ts";
import type { ClusterHealth, Registry } from "./registry.ts";
import type { Replica } from "./replica.ts";
import type { ReplicatedState } from "./replicated-state.ts";
import type { Roles } from "./roles.ts";

/** What gossip is worth at this moment; see membership/shell/gossip. */
export interface GossipFigures {
  /** How much this node doubts itself: 0 is healthy. */
  readonly doubt: number;
  /** Packets that did not open: a wrong key, another cluster, or noise. */
  readonly refused: number;
  /** How many nodes seem to be in which state, this one among them. */
  readonly members: Readonly<Record<"alive" | "suspect" | "dead" | "left", number>>;
}

/** What Raft is worth at this moment, for metrics. */
export interface RaftFigures {
  readonly role: "follower" | "preCandidate" | "candidate" | "leader";
  readonly term: number;
  readonly firstIndex: number;
  readonly lastIndex: number;
  readonly durableIndex: number;
  readonly commitIndex: number;
  readonly appliedIndex: number;
  readonly snapshotIndex: number;
  readonly uncommittedBytes: number;
  readonly pendingReads: number;
  /** Changes of leader that this node has seen since it was started. */
  readonly leaderChanges: number;
  /** Seconds from handing a batch to the disk until it was durable. */
  readonly persist: HistogramFigures;
  /** Of its own state, to other members as a whole, and of a leader's in the place of its own. */
  readonly snapshots: Readonly<Record<"taken" | "sent" | "installed", number>>;
}

/** Who does it, for the audit log; without it, this node. */
export interface By {
  readonly actor?: string;
  readonly signal?: AbortSignal;
}

/**
 * A cluster as one of its nodes has it at hand: what the console, the library and the mail node itself work with.
 *
 * Nodes are named by their machines' names wherever people or the shared state name them. Where a member is named, the
 * id of its data directory does as well, for one whose machine nobody can tell any more.
 */
export interface RunningCluster {
  readonly name: string;
  /** This node's machine. */
  readonly node: string;
  readonly replica: Replica;
  readonly state: ReplicatedState;
  readonly registry: Registry;
  readonly maintenance: Maintenance;
  readonly configuration: ConfigDistribution;
  readonly limits: RateLimits;
  readonly leases: LeaseKeeper;
  readonly affinity: Affinity;
  readonly roles: Roles;
  readonly audit: Audit;

  /** This node's part, as /health shows it. */
  part(): ClusterPart;
  health(): ClusterHealth;
  gossip(): GossipFigures;
  /** Undefined while this node waits to begin: its log has not been started. */
  raft(): RaftFigures | undefined;

  /** The leader's machine, or undefined while there is none; the listener hears of each change, until what is given back is called. */
  leader(): string | undefined;
  onLeaderChange(listener: (leader: string | undefined) => void): () => void;

  /**
   * Hands leadership to a node, or to any voter that serves when none is named. Resolves with who leads.
   *
   * Throws CLUSTER_MEMBER_UNKNOWN, CLUSTER_NO_HEIR, NotProposed when it does not come to that, and NotRecorded.
   */
  transferLeadership(to: string | undefined, by?: By): Promise<string>;
  /**
   * Takes a node in: as a learner first, and with a vote once it has what was committed. A witness gets its vote at
   * once. Resolves when that is committed; a node that is a member already stays as it is.
   *
   * Throws CLUSTER_MEMBER_UNKNOWN, CLUSTER_MEMBER_AMBIGUOUS, CLUSTER_MEMBER_AWAY when it was a member before it lost its
   * disk, CLUSTER_MEMBER_UNNAMED, CLUSTER_CHANGE_REFUSED, CLUSTER_MEMBER_BEHIND or CLUSTER_CHANGE_NO_QUORUM (what is a
   * learner by then stays one), NotProposed, OutcomeUnknown or NotRecorded.
   */
  addMember(node: string, by?: By): Promise<void>;
  /** Takes another node out; what is no member is no fault. Throws like addMember, and CLUSTER_MEMBER_SELF. */
  removeMember(node: string, by?: By): Promise<void>;
  /**
   * Takes in the node of a machine that came back with an empty disk, and its former self out, which goes first. Throws
   * like addMember, and CLUSTER_MEMBER_ALIVE when the former self is there.
   */
  replaceMember(node: string, by?: By): Promise<void>;
}
