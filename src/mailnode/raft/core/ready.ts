/** What a core hands to its shell, and what comes back. */
import type { Message } from "./messages.ts";
import type { Entry, HardState, Index, LogId, NodeId, SnapshotMeta, Term } from "./types.ts";

export type Role = "follower" | "preCandidate" | "candidate" | "leader";

/** What is worth telling and need not be durable. */
export interface SoftState {
  readonly term: Term;
  readonly role: Role;
  /** Undefined while nobody is known to lead. A read that waits when this or the term changes must be asked again. */
  readonly leader: NodeId | undefined;
  /** The member to which leadership is being given; proposals are refused meanwhile. */
  readonly transferee: NodeId | undefined;
}

/** Names a batch when it comes back: the term in which it was made and the end of the log with it. */
export interface PersistToken {
  readonly sequence: number;
  readonly term: Term;
  readonly last: LogId;
}

/**
 * To be appended to one ordered stream, in the order of the fields, after all batches before. It is durable when
 * it and they are; a batch without contents is durable as soon as they are.
 */
export interface Batch {
  readonly token: PersistToken;
  readonly hardState: HardState | undefined;
  /** The log is replaced by this snapshot, whose bytes are durable already. */
  readonly snapshot: SnapshotMeta | undefined;
  /** They overwrite whatever the stream holds from the first one's index on. */
  readonly entries: readonly Entry[];
}

export interface ReadState {
  readonly request: number;
  /** A read of a state machine that has applied this index is linearizable. */
  readonly index: Index;
}

export interface Ready {
  /** Present when it changed. */
  readonly softState: SoftState | undefined;
  readonly batch: Batch | undefined;
  /** May be sent at once, before the batch is durable. */
  readonly messages: readonly Message[];
  /** Only once the batch is durable; then there always is a batch. */
  readonly messagesAfterPersist: readonly Message[];
  /** For the state machine, in order; durable here. */
  readonly committed: readonly Entry[];
  readonly readStates: readonly ReadState[];
}
