/**
 * Raft as text, for dialogues, traces and failures: `n1->n2 append Term:2 Log:1/4 Commit:3 Entries:[2/5 data "x"]`.
 * All numbers in pairs are term/index.
 */
import { decodeMembership } from "./membership-codec.ts";
import type { Message } from "./messages.ts";
import type { Entry, HardState, LogId, Membership, NodeId } from "./types.ts";

const SHOWN_BYTES_MAX = 40;

/** One message in one line. */
export function formatMessage(message: Message): string {
  const head = `${message.from}->${message.to} ${message.type} Term:${message.term}`;
  switch (message.type) {
    case "preVote":
      return `${head} Log:${message.lastTerm}/${message.lastIndex}`;
    case "vote":
      return `${head} Log:${message.lastTerm}/${message.lastIndex}${message.transfer ? " Transfer" : ""}`;
    case "preVoteResponse":
    case "voteResponse":
      return `${head} ${message.granted ? "Granted" : "Rejected"}`;
    case "append":
      return (
        `${head} Log:${message.prevTerm}/${message.prevIndex} Commit:${message.commit}` +
        (message.entries.length === 0 ? "" : ` Entries:[${formatEntries(message.entries)}]`)
      );
    case "appendResponse":
      return message.rejected
        ? `${head} Index:${message.index} Rejected Hint:${message.hintTerm}/${message.hintIndex}`
        : `${head} Index:${message.index}`;
    case "heartbeat":
      return `${head} Commit:${message.commit} Round:${message.round}`;
    case "heartbeatResponse":
      return `${head} Round:${message.round}`;
    case "snapshot":
      return `${head} Snapshot:${formatLogId(message.snapshot)} ${formatMembership(message.snapshot.membership)}`;
    case "timeoutNow":
      return head;
    case "readIndex":
      return `${head} Request:${message.request}`;
    case "readIndexResponse":
      return `${head} Request:${message.request} Index:${message.index}`;
  }
}

export function formatLogId(place: LogId): string {
  return `${place.term}/${place.index}`;
}

export function formatHardState(hardState: HardState): string {
  return `Term:${hardState.term} Vote:${hardState.vote ?? "-"} Commit:${hardState.commit}`;
}

export function formatEntries(entries: readonly Entry[]): string {
  return entries.map(formatEntry).join(", ");
}

export function formatEntry(entry: Entry): string {
  const head = `${formatLogId(entry)} ${entry.kind}`;
  if (entry.kind === "config") return `${head} ${formatMembership(decodeMembership(entry.data))}`;
  return entry.kind === "data" ? `${head} ${formatData(entry.data)}` : head;
}

/** Voters, with `&&` and the outgoing ones in a joint configuration, then what else there is. */
export function formatMembership(membership: Membership): string {
  const { voters, votersOutgoing, learners, learnersNext, witnesses, autoLeave } = membership;
  const list = (name: string, ids: readonly NodeId[]): string =>
    ids.length === 0 ? "" : ` ${name}=(${ids.join(" ")})`;
  const outgoing = votersOutgoing.length === 0 ? "" : `&&(${votersOutgoing.join(" ")})`;
  return (
    `voters=(${voters.join(" ")})${outgoing}` +
    list("learners", learners) +
    list("learners_next", learnersNext) +
    list("witnesses", witnesses) +
    (autoLeave ? " autoleave" : "")
  );
}

function formatData(data: Uint8Array): string {
  const text = new TextDecoder().decode(data.subarray(0, SHOWN_BYTES_MAX));
  const plain = /^[\x20-\x7e]*$/.test(text);
  return plain && data.byteLength <= SHOWN_BYTES_MAX ? JSON.stringify(text) : `<${data.byteLength} bytes>`;
}
