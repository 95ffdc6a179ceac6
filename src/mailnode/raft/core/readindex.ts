/** Linearizable reads without a log entry (dissertation 6.4), asked at the leader or through a follower. */
import type { ReadIndex, ReadIndexResponse } from "./messages.ts";
import type { PendingRead } from "./read-queue.ts";
import type { RaftState } from "./state.ts";
import type { Index } from "./types.ts";

export type ReadRefusal = "no-leader" | "too-many-reads";

/** Asks for an index; the answer comes as a read state with this request's number, or never. */
export function requestRead(
  state: RaftState,
): { readonly request: number } | { readonly refused: ReadRefusal } {
  if (state.leader === undefined) return { refused: "no-leader" };
  if (state.role === "leader" && state.reads.count >= state.options.maxPendingReads) {
    return { refused: "too-many-reads" };
  }
  const request = state.reads.newRequest();
  if (state.role === "leader") {
    state.reads.add({ from: state.id, request });
  } else {
    state.send({ type: "readIndex", from: state.id, to: state.leader, term: state.term, request });
  }
  return { request };
}

/** A follower asks; when there is no room its own time-out answers it. */
export function handleReadIndex(state: RaftState, message: ReadIndex): void {
  if (state.role !== "leader" || state.reads.count >= state.options.maxPendingReads) return;
  state.reads.add({ from: message.from, request: message.request });
}

export function handleReadIndexResponse(state: RaftState, message: ReadIndexResponse): void {
  state.readStates.push({ request: message.request, index: message.index });
}

/**
 * Once before every batch of output: starts a round for the reads that wait, or answers them. True when a round
 * of heartbeats must go out. Before the first commit of its term a leader does not know the cluster's commit
 * index, and everything waits.
 */
export function startReads(state: RaftState): boolean {
  const { reads, log } = state;
  if (reads.waiting === 0 || !state.committedInTerm) return false;
  if (state.options.leaseReads && reads.hasLease(state.ticks)) {
    for (const read of reads.takeWaiting()) answerRead(state, read, log.committed);
    return false;
  }
  reads.startRound(state.round + 1, log.committed);
  return true;
}

/** A member answered a round of heartbeats: what a quorum answered is proven. */
export function confirmReads(state: RaftState): void {
  state.reads.confirmed(state.tracker.confirmedRound(state.round), (read, index) =>
    answerRead(state, read, index),
  );
}

function answerRead(state: RaftState, read: PendingRead, index: Index): void {
  if (read.from === state.id) {
    state.readStates.push({ request: read.request, index });
    return;
  }
  const { id, term } = state;
  state.send({ type: "readIndexResponse", from: id, to: read.from, term, request: read.request, index });
  // It is going to wait for this index: let it know at once that it is committed.
  const progress = state.tracker.of(read.from);
  if (progress !== undefined && progress.sentCommit < index) progress.nudged = true;
}
