/** The leader's own appends: entries of its term at the end of its log. */
import { entryBytes } from "./log.ts";
import { encodeMembership } from "./membership-codec.ts";
import { confirmReads } from "./readindex.ts";
import type { RaftState } from "./state.ts";
import type { Entry, Membership } from "./types.ts";

const NO_DATA = new Uint8Array(0);

export function appendAsLeader(state: RaftState, kind: Entry["kind"], data: Uint8Array): Entry {
  const entry: Entry = { term: state.term, index: state.log.lastIndex + 1, kind, data };
  state.log.append(entry);
  state.uncommittedBytes += entryBytes(entry);
  return entry;
}

/** Opens the term: what earlier terms left is committed with it, never by itself (3.6.2, figure 3.7). */
export function appendNoop(state: RaftState): void {
  appendAsLeader(state, "noop", NO_DATA);
}

/** A membership is in force from the moment it is in the log (4.1). */
export function appendMembership(state: RaftState, membership: Membership): Entry {
  const entry = appendAsLeader(state, "config", encodeMembership(membership));
  // New members are probed at the entry that made them members.
  state.tracker.reconfigure(membership, entry.index - 1);
  state.tracker.of(state.id)?.maybeUpdate(state.log.durable);
  // Who left is not waited for.
  confirmReads(state);
  return entry;
}
