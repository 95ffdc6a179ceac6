import { BinaryError, BinaryReader } from "../../../support/binary-reader.ts";
import { BinaryWriter } from "../../../support/binary-writer.ts";
import {
  STATES,
  type Address,
  type Announcement,
  type Evidence,
  type MemberId,
  type Message,
  type Metadata,
} from "./types.ts";

/** Changes with every change of the format; others are refused. */
const VERSION = 1;

const HAS_ANNOUNCEMENT = 1;
const HAS_AGE = 2;

const KINDS = ["ping", "ping-req", "ack", "nack", "evidence"] as const;
export const MAX_ID_BYTES = 64;
/** Encoded; so that an announcement fits a datagram beside a ping. */
export const MAX_METADATA_BYTES = 512;
/** Members of one cluster, those that are remembered as gone included. */
export const MAX_MEMBERS = 1_024;
export const MAX_MESSAGES = 255;
/** Version and count. */
export const PACKET_HEADER_BYTES = 2;

/** One datagram's content. At most MAX_MESSAGES messages. */
export function encodePacket(messages: readonly Message[]): Uint8Array {
  const writer = new BinaryWriter();
  writer.u8(VERSION);
  writer.u8(messages.length);
  for (const message of messages) writeMessage(writer, message);
  return writer.take();
}

/** undefined when the bytes are not a packet of this version, whole and with nothing behind it. */
export function decodePacket(bytes: Uint8Array): readonly Message[] | undefined {
  return read(bytes, (reader) => {
    const messages: Message[] = [];
    for (let left = reader.u8(); left > 0; left--) messages.push(readMessage(reader));
    return messages;
  });
}

/** A whole state, for an exchange over TCP. */
export function encodeState(state: readonly Evidence[]): Uint8Array {
  const writer = new BinaryWriter();
  writer.u8(VERSION);
  writer.u32(state.length);
  for (const evidence of state) writeEvidence(writer, evidence);
  return writer.take();
}

/** undefined when the bytes are not a state of this version, or one of more than MAX_MEMBERS members. */
export function decodeState(bytes: Uint8Array): readonly Evidence[] | undefined {
  return read(bytes, (reader) => {
    const state: Evidence[] = [];
    const count = reader.u32();
    if (count > MAX_MEMBERS) throw new BinaryError(`${count} members are more than ${MAX_MEMBERS}`);
    for (let left = count; left > 0; left--) state.push(readEvidence(reader));
    return state;
  });
}

/** The bytes that a message takes in a packet. */
export function messageBytes(message: Message): number {
  const writer = new BinaryWriter();
  writeMessage(writer, message);
  return writer.length;
}

/** Throws RangeError when a member's id or metadata is longer than others accept, or not in ASCII. */
export function assertSpeakable(id: MemberId, metadata: Metadata): void {
  if (id.length < 1 || id.length > MAX_ID_BYTES)
    throw new RangeError(`a member id has 1 to ${MAX_ID_BYTES} bytes, not ${id.length}`);
  new BinaryWriter().name(id);
  encodeMetadata(metadata);
}

function read<T>(bytes: Uint8Array, body: (reader: BinaryReader) => T): T | undefined {
  const reader = new BinaryReader(bytes);
  try {
    if (reader.u8() !== VERSION) return undefined;
    const value = body(reader);
    reader.end();
    return value;
  } catch (error) {
    if (error instanceof BinaryError) return undefined;
    throw error;
  }
}

function writeMessage(writer: BinaryWriter, message: Message): void {
  writer.u8(KINDS.indexOf(message.kind));
  if (message.kind === "evidence") {
    writeEvidence(writer, message.evidence);
    return;
  }
  writer.u32(message.seq);
  if (message.kind === "ping" || message.kind === "ping-req") writer.name(message.target);
  if (message.kind === "ping-req") writeAddress(writer, message.address);
}

function readMessage(reader: BinaryReader): Message {
  const kind = reader.choice(KINDS);
  switch (kind) {
    case "ping":
      return { kind, seq: reader.u32(), target: readId(reader) };
    case "ping-req":
      return { kind, seq: reader.u32(), target: readId(reader), address: readAddress(reader) };
    case "ack":
    case "nack":
      return { kind, seq: reader.u32() };
    case "evidence":
      return { kind, evidence: readEvidence(reader) };
  }
}

function writeEvidence(writer: BinaryWriter, evidence: Evidence): void {
  const { announcement, goneForS } = evidence;
  writer.u8(STATES.indexOf(evidence.state));
  writer.u8((goneForS === undefined ? 0 : HAS_AGE) | (announcement ? HAS_ANNOUNCEMENT : 0));
  writer.name(evidence.member);
  writer.name(evidence.by);
  writer.u64(evidence.incarnation);
  if (goneForS !== undefined) writer.u32(goneForS);
  if (!announcement) return;
  writer.u64(announcement.incarnation);
  writeAddress(writer, announcement.address);
  writer.raw(encodeMetadata(announcement.metadata));
}

function readEvidence(reader: BinaryReader): Evidence {
  const state = reader.choice(STATES);
  const flags = reader.u8();
  const said: Evidence = {
    state,
    member: readId(reader),
    by: readId(reader),
    incarnation: reader.u64(),
  };
  const evidence = flags & HAS_AGE ? { ...said, goneForS: reader.u32() } : said;
  if (!(flags & HAS_ANNOUNCEMENT)) return evidence;
  const announcement: Announcement = {
    incarnation: reader.u64(),
    address: readAddress(reader),
    metadata: readMetadata(reader),
  };
  return { ...evidence, announcement };
}

/** Throws RangeError when it is longer than MAX_METADATA_BYTES, or holds what does not fit its place. */
function encodeMetadata({ name, roles, addresses, notes = {}, loadPermille }: Metadata): Uint8Array {
  const writer = new BinaryWriter();
  const services = Object.entries(addresses);
  const topics = Object.entries(notes);
  writer.name(name);
  writer.u32(loadPermille);
  writer.u8(roles.length);
  writer.u8(services.length);
  writer.u8(topics.length);
  for (const role of roles) writer.name(role);
  for (const [key, text] of [...services, ...topics]) {
    writer.name(key);
    writer.name(text);
  }
  if (writer.length > MAX_METADATA_BYTES)
    throw new RangeError(`metadata of ${writer.length} bytes is longer than ${MAX_METADATA_BYTES}`);
  return writer.take();
}

function readMetadata(reader: BinaryReader): Metadata {
  const before = reader.left;
  const name = reader.name();
  const loadPermille = reader.u32();
  const roleCount = reader.u8();
  const serviceCount = reader.u8();
  const topicCount = reader.u8();
  const pair = (): readonly [string, string] => [reader.name(), reader.name()];
  const roles = Array.from({ length: roleCount }, () => reader.name());
  const addresses = Object.fromEntries(Array.from({ length: serviceCount }, pair));
  const notes = Object.fromEntries(Array.from({ length: topicCount }, pair));
  if (before - reader.left > MAX_METADATA_BYTES) throw new BinaryError("metadata is too long");
  return { name, roles, addresses, ...(topicCount > 0 && { notes }), loadPermille };
}

function writeAddress(writer: BinaryWriter, { host, port }: Address): void {
  writer.name(host);
  writer.u32(port);
}

function readAddress(reader: BinaryReader): Address {
  const host = reader.name();
  const port = reader.u32();
  if (host === "" || port < 1 || port > 65_535) throw new BinaryError("an address without host or port");
  return { host, port };
}

function readId(reader: BinaryReader): MemberId {
  const id = reader.name();
  if (id === "" || id.length > MAX_ID_BYTES) throw new BinaryError("a member id of a wrong length");
  return id;
}
