import type { ConsistencyLevel } from "../../contract/cluster-api.ts";
import type { StateEntry } from "../state/machine.ts";

/** What was appended to the log, and how far it had come when the level asked for was met. */
export interface Accepted {
  readonly index: number;
  readonly term: number;
  /** How many replicas have it on disk. */
  readonly replicas: number;
  /** False below a quorum: the entry may vanish at a change of leader. */
  readonly committed: boolean;
}

export interface Leader {
  readonly id: string;
  readonly term: number;
}

export interface ClusterMember {
  readonly id: string;
  readonly voter: boolean;
  /** Votes and keeps the log, applies nothing, never leads. */
  readonly witness: boolean;
}

/** Who takes the committed entries: each index once, in order, on every node that is no witness. */
export interface AppliedLog {
  apply(entry: StateEntry): void;
  /** The state after the last applied entry. */
  snapshot(): Uint8Array;
  /** The state of a peer, in place of entries that the log no longer holds. */
  restore(snapshot: Uint8Array): void;
}

/**
 * What the cluster room asks of a replicated log.
 *
 * A proposal may be made on any node; it is forwarded to the leader, who calls `stampCommand` on it as he appends
 * it, so that all times of a term come from one clock. Whoever implements this never repeats a proposal by
 * himself: the caller does, with the same request id.
 */
export interface Consensus {
  /** This node. */
  readonly id: string;
  /** Called once, before the first entry is handed over. */
  follow(log: AppliedLog): void;
  /**
   * Appends a command and resolves when as many replicas as the level says have it on disk; from a quorum on it is
   * committed then. Rejects with NotProposed, OutcomeUnknown (also when the signal is aborted after the command
   * has left, when the leader changes and when the connection to him breaks or stays silent) or LevelNotMet.
   */
  propose(command: Uint8Array, options: ProposeOptions): Promise<Accepted>;
  /**
   * An index such that a replica which has applied it has seen everything that was committed before this call
   * (ReadIndex, Ongaro 2014, section 6.4). Rejects with NotProposed when no leader can prove itself.
   */
  readIndex(signal?: AbortSignal): Promise<number>;
  leader(): Leader | undefined;
  /** Calls back at each change, undefined while there is none; gives back what ends it. */
  onLeaderChange(listener: (leader: Leader | undefined) => void): () => void;
  members(): readonly ClusterMember[];
  /** Resolves once `to` leads. Rejects with NotProposed when it does not come to that. */
  transferLeadership(to: string, signal?: AbortSignal): Promise<void>;
}

export interface ProposeOptions {
  readonly level: ConsistencyLevel;
  readonly signal?: AbortSignal;
}

/** New ones are added at the end: members tell each other by the place. */
export const NOT_PROPOSED_REASONS = [
  "no-leader",
  "overloaded",
  "too-large",
  "transferring",
  "stopped",
] as const;
export type NotProposedReason = (typeof NOT_PROPOSED_REASONS)[number];

/** Definite: the command is in no log and never will be. */
export class NotProposed extends Error {
  readonly reason: NotProposedReason;

  constructor(reason: NotProposedReason) {
    super(`the command was not taken (${reason})`);
    this.name = "NotProposed";
    this.reason = reason;
  }
}

/** Indefinite: the command may be done, now or later, or never. Only the same request may be sent again. */
export class OutcomeUnknown extends Error {
  constructor(why: string, options?: ErrorOptions) {
    super(`nobody knows whether the command was done: ${why}`, options);
    this.name = "OutcomeUnknown";
  }
}

/** Indefinite only in its level: the command is committed and stays, on fewer disks than were asked for. */
export class LevelNotMet extends Error {
  readonly accepted: Accepted;
  readonly level: ConsistencyLevel;

  constructor(accepted: Accepted, level: ConsistencyLevel) {
    super(`committed, level not met: ${accepted.replicas} replicas have it, and ${level} was asked for`);
    this.name = "LevelNotMet";
    this.accepted = accepted;
    this.level = level;
  }
}
