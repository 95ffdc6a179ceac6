import { BinaryError, BinaryReader } from "../../../support/binary-reader.ts";
import { BinaryWriter } from "../../../support/binary-writer.ts";
import type { Message } from "../core/messages.ts";
import { ENTRY_OVERHEAD, readEntry, writeEntry } from "./entry-codec.ts";
import { readBoolean, readSnapshotMeta, writeBoolean, writeSnapshotMeta } from "./membership-codec.ts";

type Type = Message["type"];
type Fields<T extends Type> = Omit<Extract<Message, { readonly type: T }>, "type" | "from" | "to" | "term">;

/** How the fields of one type of message, beside the envelope's, are written and read. */
interface Codec<T extends Type> {
  write(writer: BinaryWriter, message: Fields<T>): void;
  read(reader: BinaryReader): Fields<T>;
}

/** New types are added at the end: the place is what travels. */
const TYPES = [
  "preVote",
  "preVoteResponse",
  "vote",
  "voteResponse",
  "append",
  "appendResponse",
  "heartbeat",
  "heartbeatResponse",
  "snapshot",
  "timeoutNow",
  "readIndex",
  "readIndexResponse",
] as const satisfies readonly Type[];

const CODECS: { readonly [T in Type]: Codec<T> } = {
  preVote: {
    write(writer, { lastIndex, lastTerm }) {
      writer.u64(lastIndex);
      writer.u64(lastTerm);
    },
    read: (reader) => ({ lastIndex: reader.u64(), lastTerm: reader.u64() }),
  },
  preVoteResponse: {
    write: (writer, { granted }) => writeBoolean(writer, granted),
    read: (reader) => ({ granted: readBoolean(reader) }),
  },
  vote: {
    write(writer, { lastIndex, lastTerm, transfer }) {
      writer.u64(lastIndex);
      writer.u64(lastTerm);
      writeBoolean(writer, transfer);
    },
    read: (reader) => ({
      lastIndex: reader.u64(),
      lastTerm: reader.u64(),
      transfer: readBoolean(reader),
    }),
  },
  voteResponse: {
    write: (writer, { granted }) => writeBoolean(writer, granted),
    read: (reader) => ({ granted: readBoolean(reader) }),
  },
  append: {
    write(writer, { prevIndex, prevTerm, commit, entries }) {
      writer.u64(prevIndex);
      writer.u64(prevTerm);
      writer.u64(commit);
      writer.u32(entries.length);
      for (const entry of entries) writeEntry(writer, entry);
    },
    read: (reader) => ({
      prevIndex: reader.u64(),
      prevTerm: reader.u64(),
      commit: reader.u64(),
      entries: Array.from({ length: reader.count(ENTRY_OVERHEAD) }, () => readEntry(reader)),
    }),
  },
  appendResponse: {
    write(writer, { rejected, index, hintIndex, hintTerm }) {
      writeBoolean(writer, rejected);
      writer.u64(index);
      writer.u64(hintIndex);
      writer.u64(hintTerm);
    },
    read: (reader) => ({
      rejected: readBoolean(reader),
      index: reader.u64(),
      hintIndex: reader.u64(),
      hintTerm: reader.u64(),
    }),
  },
  heartbeat: {
    write(writer, { commit, round }) {
      writer.u64(commit);
      writer.u64(round);
    },
    read: (reader) => ({ commit: reader.u64(), round: reader.u64() }),
  },
  heartbeatResponse: {
    write: (writer, { round }) => writer.u64(round),
    read: (reader) => ({ round: reader.u64() }),
  },
  snapshot: {
    write: (writer, { snapshot }) => writeSnapshotMeta(writer, snapshot),
    read: (reader) => ({ snapshot: readSnapshotMeta(reader) }),
  },
  timeoutNow: { write: () => undefined, read: () => ({}) },
  readIndex: {
    write: (writer, { request }) => writer.u64(request),
    read: (reader) => ({ request: reader.u64() }),
  },
  readIndexResponse: {
    write(writer, { request, index }) {
      writer.u64(request);
      writer.u64(index);
    },
    read: (reader) => ({ request: reader.u64(), index: reader.u64() }),
  },
};

/** A message as bytes. Throws a RangeError for a number that is not whole or not below 2^53: our own fault. */
export function encodeMessage(message: Message): Uint8Array<ArrayBuffer> {
  const writer = new BinaryWriter();
  writer.u8(TYPES.indexOf(message.type));
  writer.name(message.from);
  writer.name(message.to);
  writer.u64(message.term);
  (CODECS[message.type] as Codec<Type>).write(writer, message);
  return writer.take();
}

/**
 * The message that the bytes are; data of entries are views of them. Throws BinaryError for anything else, so
 * that the connection it came over is given up.
 */
export function decodeMessage(bytes: Uint8Array): Message {
  const reader = new BinaryReader(bytes);
  const type = reader.choice(TYPES);
  const envelope = { type, from: reader.name(), to: reader.name(), term: reader.u64() };
  const message = { ...envelope, ...CODECS[type].read(reader) } as Message;
  reader.end();
  if (message.type === "append") checkPlaces(message.prevIndex, message.entries);
  return message;
}

/** Entries of one append follow each other: the core may rely on it. */
function checkPlaces(prevIndex: number, entries: readonly { readonly index: number }[]): void {
  for (const [place, { index }] of entries.entries()) {
    if (index !== prevIndex + 1 + place)
      throw new BinaryError(`entry ${index} stands where entry ${prevIndex + 1 + place} belongs`);
  }
}
