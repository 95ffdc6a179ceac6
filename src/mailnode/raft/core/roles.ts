/** The changes of role (figure 3.3), and what each one forgets. */
import { InvariantViolation } from "./invariant.ts";
import type { RaftState } from "./state.ts";
import type { NodeId, Term } from "./types.ts";

/**
 * Follows `leader`, or nobody yet. The vote is forgotten only when the term grows. A follower that merely hears of
 * a later term keeps its timer: else a node that cannot win, but is always first, would keep those from standing
 * who can.
 */
export function becomeFollower(state: RaftState, term: Term, leader: NodeId | undefined): void {
  if (leader !== undefined || state.role !== "follower") restartTimer(state);
  enterTerm(state, term);
  state.role = "follower";
  state.leader = leader;
}

/** Asks whether an election would be won; neither term nor vote change (9.6). */
export function becomePreCandidate(state: RaftState): void {
  if (state.role === "leader") throw new InvariantViolation("a leader cannot become a pre-candidate");
  restartTimer(state);
  enterTerm(state, state.term);
  state.role = "preCandidate";
  state.leader = undefined;
}

/** Raises the term and votes for itself. */
export function becomeCandidate(state: RaftState): void {
  if (state.role === "leader") throw new InvariantViolation("a leader cannot become a candidate");
  restartTimer(state);
  enterTerm(state, state.term + 1);
  state.role = "candidate";
  state.leader = undefined;
  state.vote = state.id;
}

/** Leads, knowing of the others nothing but that they exist, and of itself what is on its disk. */
export function becomeLeader(state: RaftState): void {
  if (state.role !== "candidate") throw new InvariantViolation(`a ${state.role} cannot become a leader`);
  restartTimer(state);
  enterTerm(state, state.term);
  state.role = "leader";
  state.leader = state.id;
  state.tracker.reset(state.log.membership, state.log.lastIndex);
  state.tracker.of(state.id)?.maybeUpdate(state.log.durable);
  state.diskElapsed = 0;
  state.uncommittedBytes = state.log.bytesBetween(state.log.committed, state.log.lastIndex);
}

/** Begins a new wait, of a length drawn anew: spread, so that votes seldom split (3.4). */
export function restartTimer(state: RaftState): void {
  const { electionTicks, electionRank, random } = state.options;
  state.electionElapsed = 0;
  state.electionTimeout = electionTicks * (1 + electionRank) + Math.floor(random() * electionTicks);
}

function enterTerm(state: RaftState, term: Term): void {
  if (term < state.term) throw new InvariantViolation(`term ${state.term} cannot go back to ${term}`);
  if (term > state.term) {
    state.term = term;
    state.vote = undefined;
    // Promises of the term before: what they speak of may be overwritten before the disk ever gets it.
    state.messagesAfterPersist.length = 0;
  }
  state.heartbeatElapsed = 0;
  state.tracker.clearVotes();
  state.reads.reset();
  state.round = 0;
  state.transferee = undefined;
  state.timeoutNowSent = false;
}
