/** Leadership given away (dissertation 3.10): no new proposals, wait until the other holds the log, let it stand. */
import type { RaftState } from "./state.ts";
import type { NodeId } from "./types.ts";

export type TransferRefusal = "not-leader" | "already-leader" | "not-eligible" | "transferring";

/** Starts a transfer, or says why not. It is given up after an election timeout. */
export function startTransfer(state: RaftState, to: NodeId): TransferRefusal | undefined {
  if (state.role !== "leader") return "not-leader";
  if (to === state.id) return "already-leader";
  if (state.transferee !== undefined) return "transferring";
  const progress = state.tracker.of(to);
  const { witnesses } = state.log.membership;
  if (progress === undefined || !state.tracker.quorum.has(to) || witnesses.includes(to))
    return "not-eligible";
  state.transferee = to;
  state.transferStart = state.ticks;
  state.timeoutNowSent = false;
  progress.nudged = true;
  return undefined;
}

/** Gives up when the other did not take over in time: proposals go on. */
export function tickTransfer(state: RaftState): void {
  if (state.transferee === undefined) return;
  if (state.ticks - state.transferStart >= state.options.electionTicks) state.transferee = undefined;
}

/** Once before every batch of output: tells the other to stand as soon as it holds everything. */
export function completeTransfer(state: RaftState): void {
  const to = state.transferee;
  if (to === undefined || state.timeoutNowSent) return;
  const progress = state.tracker.of(to);
  // The membership changed under it.
  if (progress === undefined) {
    state.transferee = undefined;
    return;
  }
  if (progress.match === state.log.lastIndex) {
    state.timeoutNowSent = true;
    sendTimeoutNow(state, to);
  }
}

/** From here on another leader may exist at any moment: no read is answered by the lease any more. */
export function sendTimeoutNow(state: RaftState, to: NodeId): void {
  state.reads.breakLease();
  state.send({ type: "timeoutNow", from: state.id, to, term: state.term });
}
