/** A member that needs what was compacted away gets a snapshot (dissertation 5.3); its bytes are the shells' matter. */
import type { Peer } from "../tracker/tracker.ts";
import type { RaftState } from "./state.ts";
import type { SnapshotMeta } from "./types.ts";

/** To a member that shows signs of life only: a snapshot is large. */
export function sendSnapshot(state: RaftState, peer: Peer): void {
  const { id, progress } = peer;
  if (!progress.recentActive) return;
  const { snapshot } = state.log;
  progress.becomeSnapshot(snapshot);
  state.send({ type: "snapshot", from: state.id, to: id, term: state.term, snapshot });
}

/**
 * Takes a snapshot whose bytes are whole and durable on this node. When the log holds all that already, nothing
 * is replaced: at most more is known to be committed.
 */
export function restoreSnapshot(state: RaftState, snapshot: SnapshotMeta): void {
  const { log } = state;
  if (snapshot.index <= log.committed) return;
  if (log.holds(snapshot.index, snapshot.term)) {
    log.commitTo(snapshot.index);
    return;
  }
  log.restore(snapshot);
  state.installing = snapshot;
  state.snapshotToPersist = snapshot;
}
