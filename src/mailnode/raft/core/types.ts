/**
 * The nouns of Raft, as the dissertation names them (Ongaro 2014). Terms and indexes are whole numbers below
 * 2^53: at a million entries a second that is 285 years.
 */

/** Drawn at random when a data directory is made, 16 hexadecimal digits; a node that lost its disk is another one. */
export type NodeId = string;

export type Term = number;
export type Index = number;

/** The place of an entry in the log. Two logs that agree on it agree on everything before it (3.5, Log Matching). */
export interface LogId {
  readonly term: Term;
  readonly index: Index;
}

export interface Entry extends LogId {
  /** "noop" opens a term (6.4), "config" changes the membership, "data" is for the state machine. */
  readonly kind: "noop" | "data" | "config";
  readonly data: Uint8Array;
}

/** What must be on disk before any message that follows from it is sent: one record, never two (term and vote). */
export interface HardState {
  readonly term: Term;
  /** For whom this node voted in `term`. */
  readonly vote: NodeId | undefined;
  readonly commit: Index;
}

/** Who counts. `votersOutgoing` is not empty while a joint configuration is in force (4.3). */
export interface Membership {
  readonly voters: readonly NodeId[];
  readonly votersOutgoing: readonly NodeId[];
  /** Receive the log and do not vote. */
  readonly learners: readonly NodeId[];
  /** Voters of the outgoing set that become learners when the joint configuration is left. */
  readonly learnersNext: readonly NodeId[];
  /** Among the voters: keep log and hard state, apply nothing, never campaign. */
  readonly witnesses: readonly NodeId[];
  /** The leader leaves the joint configuration by itself, once it is committed. */
  readonly autoLeave: boolean;
}

/** What a snapshot stands for; its bytes travel and lie elsewhere. */
export interface SnapshotMeta extends LogId {
  readonly membership: Membership;
}
