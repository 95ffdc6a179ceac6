/** The text by which a message of one implementation is known to be the same as one of the other. */
import type { NodeId } from "../../../../src/mailnode/raft/core/types.ts";
import type { Letter, Members } from "./side.ts";

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

export function snapshotLetter(envelope: Envelope, index: number, term: number, members: Members): Letter {
  return letter(envelope, "snapshot", `at ${term}/${index} with ${membersText(members)}`);
}

/** `read` is the last one that waits for this round of heartbeats or for an earlier one. */
export function heartbeatLetter(
  envelope: Envelope,
  type: "heartbeat" | "heartbeatResponse",
  read: string | undefined,
): Letter {
  return letter(envelope, type, read === undefined ? "" : `for ${read}`);
}

export function timeoutNowLetter(envelope: Envelope): Letter {
  return letter(envelope, "timeoutNow", "");
}

export function readLetter(envelope: Envelope, name: string): Letter {
  return letter(envelope, "readIndex", name);
}

export function readResponseLetter(envelope: Envelope, name: string, index: number): Letter {
  return letter(envelope, "readIndexResponse", `${name} at ${index}`);
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

const TEXTS = new WeakMap<Members, string>();

export function membersText(members: Members): string {
  let text = TEXTS.get(members);
  if (text === undefined) TEXTS.set(members, (text = textOf(members)));
  return text;
}

function textOf({ voters, votersOutgoing, learners, learnersNext, autoLeave }: Members): string {
  const list = (ids: readonly NodeId[]): string => [...ids].sort().join("+");
  const halves = votersOutgoing.length === 0 ? list(voters) : `${list(voters)}&${list(votersOutgoing)}`;
  const later = learnersNext.length === 0 ? "" : `, later ${list(learnersNext)}`;
  return `(${halves}; learning ${list(learners)}${later}${autoLeave ? "; leaves by itself" : ""})`;
}

/** The text of a node's answered reads. */
export function readsText(answers: readonly string[]): string {
  return answers.length === 0 ? "none" : `${answers.length}, the last ${answers.at(-1)!}`;
}
