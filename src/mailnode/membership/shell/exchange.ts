import { decodeState, encodeState } from "../core/codec.ts";
import type { Evidence, MemberId } from "../core/types.ts";

const PING = 0;
const STATE = 1;
export const MARK_BYTES = 8;

/** What one node asks another over a stream. The mark is drawn at random and comes back with the answer. */
export type Question = { readonly mark: Uint8Array } & (
  | { readonly kind: "ping"; readonly target: MemberId }
  | { readonly kind: "state"; readonly state: readonly Evidence[] }
);

export function encodeQuestion(question: Question): Uint8Array {
  const body = question.kind === "ping" ? Buffer.from(question.target, "utf8") : encodeState(question.state);
  return Buffer.concat([Buffer.of(question.kind === "ping" ? PING : STATE), question.mark, body]);
}

/** undefined for what is no question. */
export function decodeQuestion(bytes: Uint8Array): Question | undefined {
  const mark = bytes.subarray(1, 1 + MARK_BYTES);
  const body = bytes.subarray(1 + MARK_BYTES);
  if (mark.length < MARK_BYTES) return undefined;
  if (bytes[0] === PING) return { kind: "ping", mark, target: Buffer.from(body).toString("utf8") };
  const state = bytes[0] === STATE ? decodeState(body) : undefined;
  return state && { kind: "state", mark, state };
}

/** The answer to a ping has no state. */
export function encodeAnswer(mark: Uint8Array, state?: readonly Evidence[]): Uint8Array {
  return Buffer.concat([mark, ...(state ? [encodeState(state)] : [])]);
}

/** What stands behind the mark, or undefined for an answer to another question. */
export function answerBody(question: Question, answer: Uint8Array): Uint8Array | undefined {
  const isOurs = Buffer.compare(answer.subarray(0, MARK_BYTES), question.mark) === 0;
  return isOurs ? answer.subarray(MARK_BYTES) : undefined;
}
