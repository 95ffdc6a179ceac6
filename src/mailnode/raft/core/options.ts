/** What a core is made with: who it is, what its disk held, and the limits it keeps. */
import type { Entry, HardState, Index, NodeId, SnapshotMeta } from "./types.ts";

export interface RaftOptions {
  readonly id: NodeId;
  /** From 0 up to, not including, 1. Spreads election timeouts and seeds request numbers. */
  readonly random: () => number;
  /** Made without a state machine: it votes and keeps the log, applies nothing and never leads, for ever. */
  readonly witness: boolean;
  readonly heartbeatTicks: number;
  /** A follower campaigns after this many silent ticks, plus a random part as large again (3.4). */
  readonly electionTicks: number;
  /** Nodes of rank n wait n election timeouts longer than rank 0, so that a preferred region leads. */
  readonly electionRank: number;
  /** Ask before raising the term (9.6): a node that comes back from a partition disturbs nobody. */
  readonly preVote: boolean;
  /** The leader steps down when no quorum answers within an election timeout; voters hold to a leader they hear (6.2). */
  readonly checkQuorum: boolean;
  /**
   * Answer reads for the time in which no other leader can be elected, without asking (6.4.1). Unsafe when a node
   * is paused while its ticks stand still. Needs checkQuorum.
   */
  readonly leaseReads: boolean;
  /** An append holds entries up to this size, and always one. */
  readonly maxMessageBytes: number;
  readonly maxInflightMessages: number;
  readonly maxInflightBytes: number;
  /** Proposals are refused while this much waits to be committed. */
  readonly maxUncommittedBytes: number;
  /** Reads are refused while this many wait. */
  readonly maxPendingReads: number;
  /** One batch of committed entries is normally not larger. */
  readonly maxApplyBytes: number;
}

/** Ten ticks of silence; the limits suit entries of some hundred bytes to some hundred kilobytes. */
export const DEFAULT_OPTIONS = {
  witness: false,
  heartbeatTicks: 1,
  electionTicks: 10,
  electionRank: 0,
  preVote: true,
  checkQuorum: true,
  leaseReads: false,
  maxMessageBytes: 1024 * 1024,
  maxInflightMessages: 256,
  maxInflightBytes: 8 * 1024 * 1024,
  maxUncommittedBytes: 64 * 1024 * 1024,
  maxPendingReads: 65_536,
  maxApplyBytes: 4 * 1024 * 1024,
} as const satisfies Omit<RaftOptions, "id" | "random">;

/** What lies on the disk when a node starts. */
export interface RaftStart {
  readonly hardState: HardState;
  /**
   * The latest snapshot. A new cluster's first members start from one at term 0 and index 0 that names them
   * all; a node that is to join starts from one that names nobody.
   */
  readonly snapshot: SnapshotMeta;
  /** All that follows the snapshot; older ones are passed over. */
  readonly entries: readonly Entry[];
  /** What the state machine holds already; not below the snapshot. */
  readonly applied: Index;
}

/** Throws a RangeError that names the first option out of its bounds. */
export function checkOptions(options: RaftOptions): void {
  const positive = [
    "heartbeatTicks",
    "maxMessageBytes",
    "maxInflightMessages",
    "maxInflightBytes",
    "maxUncommittedBytes",
    "maxPendingReads",
    "maxApplyBytes",
  ] as const;
  for (const name of positive) {
    if (!(Number.isSafeInteger(options[name]) && options[name] > 0)) {
      throw new RangeError(`${name} is ${options[name]}; it must be a whole number above 0`);
    }
  }
  if (!Number.isSafeInteger(options.electionTicks) || options.electionTicks <= options.heartbeatTicks) {
    throw new RangeError(
      `electionTicks is ${options.electionTicks}; it must be a whole number above heartbeatTicks (${options.heartbeatTicks})`,
    );
  }
  if (!Number.isSafeInteger(options.electionRank) || options.electionRank < 0) {
    throw new RangeError(`electionRank is ${options.electionRank}; it must be a whole number from 0`);
  }
  if (options.leaseReads && !options.checkQuorum) {
    throw new RangeError("leaseReads without checkQuorum would answer from a leader that nobody follows");
  }
}
