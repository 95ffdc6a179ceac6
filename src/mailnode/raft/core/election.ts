/** Who leads (dissertation 3.4, 3.6.1, 9.6): campaigns, votes, and the silence after which one starts. */
import { appendNoop } from "./leader-log.ts";
import type { PreVote, PreVoteResponse, Vote, VoteResponse } from "./messages.ts";
import { becomeCandidate, becomeFollower, becomeLeader, becomePreCandidate } from "./roles.ts";
import type { RaftState } from "./state.ts";

/** A tick of anybody but the leader. */
export function tickElection(state: RaftState): void {
  state.electionElapsed++;
  if (!state.promotable) return;
  if (state.electionElapsed >= state.electionTimeout) campaign(state);
  else if (state.role === "preCandidate" && state.electionElapsed % state.options.heartbeatTicks === 0)
    sendPreVotes(state);
}

/** Stands for election, asking first when pre-vote is on. */
export function campaign(state: RaftState): void {
  if (state.role === "leader" || !state.promotable) return;
  if (!state.options.preVote) {
    stand(state, false);
    return;
  }
  becomePreCandidate(state);
  takeQuorum(state);
  state.tracker.recordVote(state.id, true);
  sendPreVotes(state);
  countPreVotes(state);
}

/**
 * Asks those who have not answered: once, and again until they do (5.1). Who still holds to a dead leader passes
 * over the question, and may be a tick from hearing it.
 */
function sendPreVotes(state: RaftState): void {
  for (const to of voters(state)) {
    if (state.tracker.hasVoted(to)) continue;
    const { lastIndex, lastTerm } = state.log;
    state.send({ type: "preVote", from: state.id, to, term: state.term + 1, lastIndex, lastTerm });
  }
}

/** The leader asked this node to take over: no pre-vote, as the others still hear the old leader (3.10). */
export function handleTimeoutNow(state: RaftState): void {
  if (state.role !== "leader" && state.promotable) stand(state, true);
}

/**
 * Whether this node holds to a leader it heard within an election timeout (6.2), and passes over elections.
 * A node that answers lease reads of others may have forgotten such a leader when it restarted, and waits too.
 */
export function holdsToLeader(state: RaftState): boolean {
  const { options } = state;
  if (options.leaseReads && state.ticks < options.electionTicks) return true;
  return options.checkQuorum && state.leader !== undefined && state.electionElapsed < options.electionTicks;
}

/** Whoever this node thinks it is, it votes when asked: the asker may know a membership that it does not (4.2.2). */
export function handleVote(state: RaftState, message: Vote): void {
  const free = state.vote === message.from || (state.vote === undefined && state.leader === undefined);
  const granted = free && state.log.isUpToDate(message.lastIndex, message.lastTerm);
  const response: VoteResponse = {
    type: "voteResponse",
    from: state.id,
    to: message.from,
    term: state.term,
    granted,
  };
  if (!granted) {
    state.send(response);
    return;
  }
  state.electionElapsed = 0;
  state.vote = message.from;
  state.sendAfterPersist(response);
}

/** Answers without changing anything: no term, no vote, no timer. */
export function handlePreVote(state: RaftState, message: PreVote): void {
  const granted = message.term > state.term && state.log.isUpToDate(message.lastIndex, message.lastTerm);
  state.send({
    type: "preVoteResponse",
    from: state.id,
    to: message.from,
    term: granted ? message.term : state.term,
    granted,
  });
}

export function handlePreVoteResponse(state: RaftState, message: PreVoteResponse): void {
  if (state.role !== "preCandidate") return;
  // A grant for another term belongs to an earlier campaign.
  if (message.granted && message.term !== state.term + 1) return;
  state.tracker.recordVote(message.from, message.granted);
  countPreVotes(state);
}

export function handleVoteResponse(state: RaftState, message: VoteResponse): void {
  if (state.role !== "candidate") return;
  state.tracker.recordVote(message.from, message.granted);
  countVotes(state);
}

/** The candidate's vote for itself is on its disk, and counts from now on. */
export function handleOwnVote(state: RaftState): void {
  state.tracker.recordVote(state.id, true);
  countVotes(state);
}

function stand(state: RaftState, transfer: boolean): void {
  becomeCandidate(state);
  takeQuorum(state);
  for (const to of voters(state)) {
    const { lastIndex, lastTerm } = state.log;
    // After the disk: a candidate that forgot its term could win it twice, and write two logs in it.
    state.sendAfterPersist({
      type: "vote",
      from: state.id,
      to,
      term: state.term,
      lastIndex,
      lastTerm,
      transfer,
    });
  }
}

function countPreVotes(state: RaftState): void {
  const result = state.tracker.voteResult();
  if (result === "won") stand(state, false);
  if (result === "lost") becomeFollower(state, state.term, undefined);
}

function countVotes(state: RaftState): void {
  const result = state.tracker.voteResult();
  if (result === "lost") becomeFollower(state, state.term, undefined);
  if (result !== "won") return;
  becomeLeader(state);
  appendNoop(state);
}

/** Votes are counted by the membership that is in force when the campaign starts. */
function takeQuorum(state: RaftState): void {
  state.tracker.reset(state.log.membership, state.log.lastIndex);
}

function voters(state: RaftState): readonly string[] {
  return state.tracker.quorum.ids().filter((id) => id !== state.id);
}
