/**
 * What the members of a cluster say to each other: the RPCs of the dissertation (3.3, 3.4, 3.10, 4.2.3, 6.4, 9.6),
 * each as a request and a response that travel alone, may be lost, doubled, delayed and overtaken.
 *
 * Every message names its sender, its receiver and a term. Whether the sender is who it says is the transport's
 * matter.
 */
import type { Entry, Index, NodeId, SnapshotMeta, Term } from "./types.ts";

interface Envelope {
  readonly from: NodeId;
  readonly to: NodeId;
  /** The sender's term; in preVote and a granted preVoteResponse the term that the candidate would take. */
  readonly term: Term;
}

/** Would you vote for me, if I stood for `term`? Changes nothing at the receiver (9.6). */
export interface PreVote extends Envelope {
  readonly type: "preVote";
  readonly lastIndex: Index;
  readonly lastTerm: Term;
}

export interface PreVoteResponse extends Envelope {
  readonly type: "preVoteResponse";
  readonly granted: boolean;
}

export interface Vote extends Envelope {
  readonly type: "vote";
  readonly lastIndex: Index;
  readonly lastTerm: Term;
  /** The leader itself asked for this election: voters do not hold to their leader (3.10). */
  readonly transfer: boolean;
}

export interface VoteResponse extends Envelope {
  readonly type: "voteResponse";
  readonly granted: boolean;
}

/** AppendEntries. Without entries it proves a place in the log, or tells the commit index. */
export interface Append extends Envelope {
  readonly type: "append";
  readonly prevIndex: Index;
  readonly prevTerm: Term;
  readonly commit: Index;
  readonly entries: readonly Entry[];
}

export interface AppendResponse extends Envelope {
  readonly type: "appendResponse";
  readonly rejected: boolean;
  /** Accepted: all up to here is durable and equals the leader's log. Rejected: the prevIndex that did not match. */
  readonly index: Index;
  /** Rejected: the last place that may match, and its term there; 0 and 0 otherwise. */
  readonly hintIndex: Index;
  readonly hintTerm: Term;
}

export interface Heartbeat extends Envelope {
  readonly type: "heartbeat";
  /** Never above what the receiver is known to hold. */
  readonly commit: Index;
  /** Grows with every round of heartbeats in a term; a quorum that answers a round proves leadership then. */
  readonly round: number;
}

export interface HeartbeatResponse extends Envelope {
  readonly type: "heartbeatResponse";
  readonly round: number;
}

/**
 * The log that the receiver needs is gone: take this snapshot. The sending shell streams its bytes (none to a
 * witness), and the receiving shell hands the message to its core when they are whole and durable.
 */
export interface Snapshot extends Envelope {
  readonly type: "snapshot";
  readonly snapshot: SnapshotMeta;
}

/** Stand for election at once: you hold all that I hold (3.10). */
export interface TimeoutNow extends Envelope {
  readonly type: "timeoutNow";
}

/** A follower asks for an index at which a read is linearizable (6.4). */
export interface ReadIndex extends Envelope {
  readonly type: "readIndex";
  /** The asker's own number; never used twice by a running node. */
  readonly request: number;
}

export interface ReadIndexResponse extends Envelope {
  readonly type: "readIndexResponse";
  readonly request: number;
  readonly index: Index;
}

export type Message =
  | PreVote
  | PreVoteResponse
  | Vote
  | VoteResponse
  | Append
  | AppendResponse
  | Heartbeat
  | HeartbeatResponse
  | Snapshot
  | TimeoutNow
  | ReadIndex
  | ReadIndexResponse;
