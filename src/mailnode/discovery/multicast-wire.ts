import { createHash } from "node:crypto";

/** Question and answer are of one length, so that nobody can have this node shout louder than he whispers. */
export const WORD_BYTES = 32;

const MAGIC = Buffer.from("mbd1", "latin1");
const TAG_BYTES = 8;
export const MARK_BYTES = 8;
const QUESTION = 1;
const ANSWER = 2;

/** "Who of this cluster is there?", or "I am, at this port". The mark comes back with the answer. */
export type Word =
  | { readonly kind: "question"; readonly mark: Buffer }
  | { readonly kind: "answer"; readonly mark: Buffer; readonly port: number };

/** magic 4, kind 1, cluster's tag 8, mark 8, port 2, zeros. */
export function encodeWord(cluster: string, word: Word): Uint8Array {
  const bytes = Buffer.alloc(WORD_BYTES);
  MAGIC.copy(bytes);
  bytes[4] = word.kind === "question" ? QUESTION : ANSWER;
  tagOf(cluster).copy(bytes, 5);
  word.mark.copy(bytes, 5 + TAG_BYTES);
  if (word.kind === "answer") bytes.writeUInt16BE(word.port, 5 + TAG_BYTES + MARK_BYTES);
  return bytes;
}

/** undefined for what is no word, or one of another cluster. */
export function decodeWord(cluster: string, bytes: Buffer): Word | undefined {
  if (bytes.length !== WORD_BYTES || !bytes.subarray(0, 4).equals(MAGIC)) return undefined;
  if (!bytes.subarray(5, 5 + TAG_BYTES).equals(tagOf(cluster))) return undefined;
  const mark = bytes.subarray(5 + TAG_BYTES, 5 + TAG_BYTES + MARK_BYTES);
  if (bytes[4] === QUESTION) return { kind: "question", mark };
  const port = bytes.readUInt16BE(5 + TAG_BYTES + MARK_BYTES);
  return bytes[4] === ANSWER && port > 0 ? { kind: "answer", mark, port } : undefined;
}

/** Keeps clusters on one network apart; it is no secret and proves nothing. */
function tagOf(cluster: string): Buffer {
  return createHash("sha256").update("cluster").update(cluster, "utf8").digest().subarray(0, TAG_BYTES);
}
