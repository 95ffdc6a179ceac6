/** The leader's commit index (dissertation 3.5, 3.6.2). */
import type { RaftState } from "./state.ts";

/** Commits what a quorum holds, if it is of this term: older entries follow with it, never alone (figure 3.7). */
export function maybeCommit(state: RaftState): void {
  const { log } = state;
  const index = Math.min(state.tracker.committedIndex(), log.lastIndex);
  if (index <= log.committed || !log.holds(index, state.term)) return;
  state.uncommittedBytes -= log.bytesBetween(log.committed, index);
  log.commitTo(index);
}
