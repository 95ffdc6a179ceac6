/**
 * A command in the log: the format u8, the leader's two clocks as u64, big-endian; then, as a ValueWriter writes them,
 * the actor, the session of the request (0: none) with its two numbers, and the command as one value.
 */
import { CodecError } from "./codec-error.ts";
import { readValue, writeValue } from "./codec.ts";
import { parseCommand, type Command } from "./command.ts";
import { ValueReader } from "./value-reader.ts";
import { ValueWriter } from "./value-writer.ts";

/** The format of commands and snapshots. It grows with every new command, so that no replica skips what it does not know. */
export const STATE_VERSION = 2;

const HEADER_BYTES = 17;

/** In the place of a session, which is the index of an entry: there is no entry 0. */
const NO_SESSION = 0;

/** A program's request: sent again after an unclear end, it is not done again. */
export interface Request {
  /** The index of the entry that opened the session. */
  readonly session: number;
  /** Grows by one with each request of the session. */
  readonly sequence: number;
  /** All requests below this one have been answered: their results need no longer be kept. */
  readonly firstUnanswered: number;
}

/** Both of the leader's clocks in whole milliseconds; see StateClock for why two. */
export interface Stamp {
  readonly wallMs: number;
  readonly monotonicMs: number;
}

export interface Envelope {
  readonly command: Command;
  /** Who asked for it: an account or a node; for the audit log. */
  readonly actor: string;
  readonly request?: Request | undefined;
}

/** The log holds what another release wrote: to skip it would make this replica another state than its peers. */
export class StateVersionError extends Error {
  constructor(version: number) {
    const which = version > STATE_VERSION ? "newer" : "older";
    super(
      `the log holds format ${version} and this release knows ${STATE_VERSION}: install the ${which} release`,
    );
  }
}

/** The bytes of a command for the log, its stamp still empty. */
export function encodeCommand({ command, actor, request }: Envelope): Uint8Array {
  const writer = new ValueWriter(HEADER_BYTES);
  writer.text(actor);
  writer.varint(request?.session ?? NO_SESSION);
  if (request) {
    writer.varint(request.sequence);
    writer.varint(request.firstUnanswered);
  }
  writeValue(writer, command);
  const bytes = writer.done();
  bytes[0] = STATE_VERSION;
  return bytes;
}

/**
 * Writes the leader's clocks into a command, in place. The consensus layer calls it once, when the leader appends
 * the entry: one clock gives all times of a term.
 */
export function stampCommand(bytes: Uint8Array, stamp: Stamp): void {
  setU64(bytes, 1, Math.floor(stamp.wallMs));
  setU64(bytes, 9, Math.floor(stamp.monotonicMs));
}

/** The stamp alone. Throws StateVersionError for another format and CodecError for what is no command. */
export function readStamp(bytes: Uint8Array): Stamp {
  const version = bytes[0];
  if (version && version !== STATE_VERSION) throw new StateVersionError(version);
  if (version !== STATE_VERSION || bytes.length < HEADER_BYTES) throw new CodecError("this is no command");
  const wallMs = getU64(bytes, 1);
  const monotonicMs = getU64(bytes, 9);
  if (!Number.isSafeInteger(wallMs) || !Number.isSafeInteger(monotonicMs))
    throw new CodecError("a stamp is out of range");
  return { wallMs, monotonicMs };
}

/** The command within. Throws CodecError, whatever the bytes are. */
export function decodeCommand(bytes: Uint8Array): Envelope {
  const reader = new ValueReader(bytes, HEADER_BYTES);
  const actor = reader.text();
  const session = reader.varint();
  const request =
    session === NO_SESSION
      ? undefined
      : { session, sequence: reader.varint(), firstUnanswered: reader.varint() };
  const command = readValue(reader);
  reader.end();
  return { command: parseCommand(command), actor, request };
}

const WORD = 2 ** 32;

/** In two halves, high one first: a BigInt would cost more than the rest of a stamp. */
function setU64(bytes: Uint8Array, at: number, value: number): void {
  setU32(bytes, at, Math.floor(value / WORD));
  setU32(bytes, at + 4, value % WORD);
}

/** Not exact from 2^53 on. */
function getU64(bytes: Uint8Array, at: number): number {
  return getU32(bytes, at) * WORD + getU32(bytes, at + 4);
}

function setU32(bytes: Uint8Array, at: number, value: number): void {
  for (let i = 0, shift = 24; i < 4; i++, shift -= 8) bytes[at + i] = value >>> shift;
}

function getU32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}
