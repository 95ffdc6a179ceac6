/** AppendEntries (dissertation 3.5, 10.2): pipelined inside a window, sent while the leader's own disk still writes. */
import { maybeCommit } from "./commit.ts";
import { entryBytes } from "./log.ts";
import type { Append, AppendResponse } from "./messages.ts";
import { sendSnapshot } from "./snapshot.ts";
import type { RaftState } from "./state.ts";
import type { Progress } from "../tracker/progress.ts";
import type { Peer } from "../tracker/tracker.ts";
import type { Entry, Index, LogId, NodeId } from "./types.ts";

interface Slice {
  readonly from: Index;
  readonly to: Index;
  readonly entries: readonly Entry[];
  readonly bytes: number;
}

const EMPTY: Omit<Slice, "from" | "to"> = { entries: [], bytes: 0 };

/** Once before every batch of output: sends every member what it may get. Followers at one place share one array. */
export function replicate(state: RaftState): void {
  let shared: Slice | undefined;
  for (const peer of state.tracker.peers) {
    const { progress } = peer;
    const last = lastFor(state, peer);
    while (progress.next <= last && !progress.paused) {
      const prevTerm = state.log.termAt(progress.next - 1);
      if (prevTerm === undefined) {
        sendSnapshot(state, peer);
        break;
      }
      if (shared?.from !== progress.next || shared.to !== last) shared = sliceOf(state, progress.next, last);
      sendAppend(state, peer, { index: progress.next - 1, term: prevTerm }, shared);
    }
    if (progress.nudged) sendEmpty(state, peer);
    progress.nudged = false;
  }
}

/**
 * How far a member may be sent the log. A witness gets only what a quorum has as soon as it has it too: it refuses
 * candidates with less than it has and is none itself, so an entry that was on fewer disks would end all elections
 * once those were lost.
 */
function lastFor(state: RaftState, peer: Peer): Index {
  const { lastIndex } = state.log;
  return peer.isWitness ? Math.min(state.tracker.committedWithWitnesses(), lastIndex) : lastIndex;
}

/** Finds out whether what was sent arrived, and tells the commit index; whatever the window says. */
function sendEmpty(state: RaftState, peer: Peer): void {
  const { progress } = peer;
  if (progress.state === "probe" && progress.probeSent) return;
  if (progress.state === "snapshot") {
    // Its answer may have been lost.
    sendAppend(state, peer, progress.pendingSnapshot, EMPTY);
    return;
  }
  const index = progress.next - 1;
  const term = state.log.termAt(index);
  if (term === undefined) sendSnapshot(state, peer);
  else sendAppend(state, peer, { index, term }, EMPTY);
}

/** Follower: takes the entries, and answers when they are durable. */
export function handleAppend(state: RaftState, message: Append): void {
  const { log } = state;
  const agreed = log.accept(message.prevIndex, message.prevTerm, message.entries);
  if (agreed === undefined) {
    // Where this log may still agree, so that the leader skips a whole term at a time.
    const hint = log.lastBelow(message.prevIndex, message.prevTerm);
    state.send({
      type: "appendResponse",
      from: state.id,
      to: message.from,
      term: state.term,
      rejected: true,
      index: message.prevIndex,
      hintIndex: hint.index,
      hintTerm: hint.term,
    });
    return;
  }
  // Not further than this message proved, whatever the leader committed since.
  log.commitTo(Math.min(message.commit, agreed));
  acknowledge(state, message.from, Math.max(agreed, log.committed));
}

/**
 * Says that everything up to `index` is durable here and equal to the leader's, as soon as it and this term are:
 * a node that forgot the term could follow an older leader, and lose entries that it had acknowledged.
 */
export function acknowledge(state: RaftState, to: NodeId, index: Index): void {
  const waiting = state.messagesAfterPersist.at(-1);
  if (waiting?.type === "appendResponse" && waiting.to === to) {
    // One answer for all that came in one turn.
    if (waiting.index >= index) return;
    state.messagesAfterPersist.pop();
  }
  state.sendAfterPersist({
    type: "appendResponse",
    from: state.id,
    to,
    term: state.term,
    rejected: false,
    index,
    hintIndex: 0,
    hintTerm: 0,
  });
}

export function handleAppendResponse(state: RaftState, message: AppendResponse): void {
  const progress = state.tracker.of(message.from);
  if (state.role !== "leader" || progress === undefined) return;
  progress.recentActive = true;
  if (message.rejected) {
    const { hintIndex, hintTerm } = message;
    const hint = hintTerm === 0 ? hintIndex : state.log.lastBelow(hintIndex, hintTerm).index;
    if (progress.maybeDecreaseTo(message.index, hint) && progress.state === "replicate") {
      progress.becomeProbe();
    }
    return;
  }
  // A member that claims more than the leader wrote answers somebody else.
  if (message.index > state.log.lastIndex) return;
  const known = progress.match;
  if (progress.maybeUpdate(message.index)) maybeCommit(state);
  if (progress.state === "probe" && message.index >= known) progress.becomeReplicate();
  else if (progress.state === "snapshot" && snapshotIsOver(state, progress)) progress.becomeReplicate();
  else if (progress.state === "replicate") progress.inflights.freeTo(message.index);
}

/** The leader's own disk: it counts like any other member's, and no sooner (10.2.1). */
export function handleOwnProgress(state: RaftState): void {
  if (state.tracker.of(state.id)?.maybeUpdate(state.log.durable) === true) maybeCommit(state);
}

/** It arrived, or is not needed. When the log was compacted past it meanwhile, the next one follows. */
function snapshotIsOver(state: RaftState, progress: Progress): boolean {
  return progress.match >= progress.pendingSnapshot.index || progress.match + 1 >= state.log.firstIndex;
}

function sliceOf(state: RaftState, from: Index, to: Index): Slice {
  const entries = state.log.slice(from, state.options.maxMessageBytes, to);
  let bytes = 0;
  for (const entry of entries) bytes += entryBytes(entry);
  return { from, to, entries, bytes };
}

function sendAppend(
  state: RaftState,
  peer: Peer,
  prev: LogId,
  { entries, bytes }: Pick<Slice, "entries" | "bytes">,
): void {
  const { id, progress } = peer;
  state.send({
    type: "append",
    from: state.id,
    to: id,
    term: state.term,
    prevIndex: prev.index,
    prevTerm: prev.term,
    commit: state.log.committed,
    entries,
  });
  progress.nudged = false;
  const last = prev.index + entries.length;
  progress.sentCommit = Math.max(progress.sentCommit, Math.min(state.log.committed, last));
  if (entries.length > 0) progress.sent(last, bytes);
}
