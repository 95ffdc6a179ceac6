/** The text by which a message of one implementation is known to be the same as one of the other. */
import type { NodeId } from "../../../../src/mailnode/raft/core/types.ts";
import type { Letter } from "./side.ts";

export interface Envelope {
  readonly from: NodeId;
  readonly to: NodeId;
  readonly term: number;
  readonly open: () => readonly Letter[];
}

export function voteLetter(
  envelope: Envelope,
  type: "vote" | "preVote",
  last: string,
  transfer: boolean,
): Letter {
  return letter(envelope, type, `last=${last}${transfer ? " transfer" : ""}`);
}

export function voteResponseLetter(
  envelope: Envelope,
  type: "voteResponse" | "preVoteResponse",
  granted: boolean,
): Letter {
  return letter(envelope, type, granted ? "granted" : "refused");
}

export function appendLetter(
  envelope: Envelope,
  prev: { readonly index: number; readonly term: number },
  entries: readonly string[],
): Letter {
  const text = `prev=${prev.term}/${prev.index} [${entries.join(", ")}]`;
  return { ...letter(envelope, "append", text), prevIndex: prev.index, count: entries.length };
}

export function acceptLetter(envelope: Envelope, index: number): Letter {
  return letter(envelope, "appendResponse", `accepted ${index}`);
}

export function rejectLetter(envelope: Envelope, index: number, hint: string): Letter {
  return letter(envelope, "appendResponse", `rejected ${index} hint=${hint}`);
}

export function snapshotLetter(envelope: Envelope, index: number, term: number): Letter {
  return letter(envelope, "snapshot", `at ${term}/${index}`);
}

export function plainLetter(
  envelope: Envelope,
  type: "heartbeat" | "heartbeatResponse" | "timeoutNow",
): Letter {
  return letter(envelope, type, "");
}

function letter(envelope: Envelope, type: string, contents: string): Letter {
  const { from, to, term, open } = envelope;
  const text = `${from}->${to} ${type} term=${term} ${contents}`.trimEnd();
  return { type, from, to, term, text, prevIndex: 0, count: 0, open };
}

/** An entry in the text of a letter and of a log; without data it is the one that opens a term. */
export function entryText(term: number, index: number, data: string): string {
  return `${term}/${index}${data === "" ? "" : ` ${data}`}`;
}
