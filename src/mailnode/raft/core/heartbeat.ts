/** The leader's pulse (3.4), and its check that a quorum still feels it (6.2). */
import type { Heartbeat, HeartbeatResponse } from "./messages.ts";
import { confirmReads } from "./readindex.ts";
import { becomeFollower } from "./roles.ts";
import type { RaftState } from "./state.ts";
import { tickTransfer } from "./transfer.ts";

/** So many election timeouts a leader waits for its own disk. */
const DISK_PATIENCE = 5;

/** A tick of the leader. */
export function tickLeader(state: RaftState): void {
  if (diskStalls(state)) {
    becomeFollower(state, state.term, undefined);
    return;
  }
  state.electionElapsed++;
  if (state.electionElapsed >= state.options.electionTicks) {
    state.electionElapsed = 0;
    if (state.options.checkQuorum && !state.tracker.takeQuorumActive()) {
      becomeFollower(state, state.term, undefined);
      return;
    }
  }
  tickTransfer(state);
  state.heartbeatElapsed++;
  if (state.heartbeatElapsed >= state.options.heartbeatTicks) broadcastHeartbeat(state);
  announceCommit(state);
}

/**
 * Whether the own disk takes nothing although it has something to take. The others commit without it, and all that
 * they commit would wait in this node's memory; nothing is applied here, so that its own clients wait too.
 */
function diskStalls(state: RaftState): boolean {
  state.diskElapsed = state.log.handed > state.log.durable ? state.diskElapsed + 1 : 0;
  return state.diskElapsed >= DISK_PATIENCE * state.options.electionTicks;
}

/** A new round to every member, learners too. */
export function broadcastHeartbeat(state: RaftState): void {
  state.heartbeatElapsed = 0;
  state.round++;
  state.reads.roundSent(state.round, state.ticks);
  for (const { id, progress } of state.tracker.peers) {
    const commit = Math.min(progress.match, state.log.committed);
    progress.sentCommit = Math.max(progress.sentCommit, commit);
    state.send({
      type: "heartbeat",
      from: state.id,
      to: id,
      term: state.term,
      commit,
      round: state.round,
    });
  }
}

/** Follower: the leader is there. Not waiting for the disk, so that a slow one does not look like a dead node. */
export function handleHeartbeat(state: RaftState, message: Heartbeat): void {
  // Only a member that lost what it acknowledged is shorter; it must not commit what it does not hold.
  if (message.commit <= state.log.lastIndex) state.log.commitTo(message.commit);
  state.send({
    type: "heartbeatResponse",
    from: state.id,
    to: message.from,
    term: state.term,
    round: message.round,
  });
}

export function handleHeartbeatResponse(state: RaftState, message: HeartbeatResponse): void {
  const progress = state.tracker.of(message.from);
  if (state.role !== "leader" || progress === undefined) return;
  progress.recentActive = true;
  progress.probeSent = false;
  // It answers and yet lacks entries: an append may have been lost.
  if (progress.match < state.log.lastIndex) progress.nudged = true;
  if (message.round > progress.ackedRound) {
    progress.ackedRound = message.round;
    confirmReads(state);
  }
}

/**
 * A commit index travels with the next append or heartbeat; when there is none within a tick, alone. A message for
 * every commit would double the traffic of a single client.
 */
function announceCommit(state: RaftState): void {
  for (const { progress } of state.tracker.peers) {
    if (progress.sentCommit < state.log.committed) progress.nudged = true;
  }
}
