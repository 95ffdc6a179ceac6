/** A picture of a core, for operators, metrics and the text that tests compare. */
import type { Role } from "./ready.ts";
import type { RaftState } from "./state.ts";
import type { ProgressState } from "../tracker/progress.ts";
import type { Index, LogId, Membership, NodeId, Term } from "./types.ts";

export interface MemberProgress {
  readonly id: NodeId;
  readonly state: ProgressState;
  readonly match: Index;
  readonly next: Index;
  readonly recentActive: boolean;
  readonly inflight: number;
  readonly pendingSnapshot: Index;
}

export interface RaftStatus {
  readonly id: NodeId;
  readonly term: Term;
  readonly vote: NodeId | undefined;
  readonly role: Role;
  readonly leader: NodeId | undefined;
  readonly transferee: NodeId | undefined;
  readonly first: Index;
  readonly last: LogId;
  readonly durable: Index;
  readonly commit: Index;
  readonly applied: Index;
  readonly snapshot: LogId;
  /** The membership in force; settled when `membershipIndex` is not above `commit`. */
  readonly membership: Membership;
  readonly membershipIndex: Index;
  readonly uncommittedBytes: number;
  readonly pendingReads: number;
  /** Empty unless this node leads. */
  readonly members: readonly MemberProgress[];
}

export function statusOf(state: RaftState): RaftStatus {
  const { log, tracker } = state;
  const members = state.role === "leader" ? tracker.peers : [];
  return {
    id: state.id,
    term: state.term,
    vote: state.vote,
    role: state.role,
    leader: state.leader,
    transferee: state.transferee,
    first: log.firstIndex,
    last: log.last,
    durable: log.durable,
    commit: log.committed,
    applied: log.applied,
    snapshot: { term: log.snapshot.term, index: log.snapshot.index },
    membership: log.membership,
    membershipIndex: log.membershipIndex,
    uncommittedBytes: state.role === "leader" ? state.uncommittedBytes : 0,
    pendingReads: state.reads.count,
    members: members.map(({ id, progress }) => ({
      id,
      state: progress.state,
      match: progress.match,
      next: progress.next,
      recentActive: progress.recentActive,
      inflight: progress.inflights.count,
      pendingSnapshot: progress.pendingSnapshot.index,
    })),
  };
}
