import { CodecError, decodeValue, encodeValue } from "./codec.ts";
import { parseCommand, type Command } from "./command.ts";

/** The format of commands and snapshots. It grows with every new command, so that no replica skips what it does not know. */
export const STATE_VERSION = 1;

const HEADER_BYTES = 17;

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

/** The log holds what a newer release wrote: to skip it would make this replica another state than its peers. */
export class StateVersionError extends Error {
  constructor(version: number) {
    super(
      `the log holds format ${version} and this release knows ${STATE_VERSION}: install the newer release`,
    );
  }
}

/** The bytes of a command for the log, its stamp still empty. Byte 0 is the version, then two 64-bit clocks. */
export function encodeCommand(envelope: Envelope): Uint8Array {
  const { command, actor, request } = envelope;
  const body = {
    actor,
    command,
    request: request && [request.session, request.sequence, request.firstUnanswered],
  };
  const bytes = encodeValue(body, HEADER_BYTES);
  bytes[0] = STATE_VERSION;
  return bytes;
}

/**
 * Writes the leader's clocks into a command, in place. The consensus layer calls it once, when the leader appends
 * the entry: one clock gives all times of a term.
 */
export function stampCommand(bytes: Uint8Array, stamp: Stamp): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, HEADER_BYTES);
  setU64(view, 1, Math.floor(stamp.wallMs));
  setU64(view, 9, Math.floor(stamp.monotonicMs));
}

/** The stamp alone. Throws StateVersionError for a newer format and CodecError for what is no command. */
export function readStamp(bytes: Uint8Array): Stamp {
  const version = bytes[0];
  if (version !== undefined && version > STATE_VERSION) throw new StateVersionError(version);
  if (version !== STATE_VERSION || bytes.length < HEADER_BYTES) throw new CodecError("this is no command");
  const view = new DataView(bytes.buffer, bytes.byteOffset, HEADER_BYTES);
  const [wallMs, monotonicMs] = [getU64(view, 1), getU64(view, 9)];
  if (!Number.isSafeInteger(wallMs) || !Number.isSafeInteger(monotonicMs))
    throw new CodecError("a stamp is out of range");
  return { wallMs, monotonicMs };
}

/** The command within. Throws CodecError, whatever the bytes are. */
export function decodeCommand(bytes: Uint8Array): Envelope {
  const body = decodeValue(bytes, HEADER_BYTES);
  if (typeof body !== "object" || body === null) throw new CodecError("this is no command");
  const { command, actor, request } = body as Record<string, unknown>;
  if (typeof actor !== "string") throw new CodecError("a command has no actor");
  return { command: parseCommand(command), actor, request: parseRequest(request) };
}

function parseRequest(value: unknown): Request | undefined {
  if (value === undefined) return undefined;
  const numbers = Array.isArray(value) ? (value as unknown[]) : [];
  const [session, sequence, firstUnanswered] = numbers as (number | undefined)[];
  if (
    numbers.length !== 3 ||
    !numbers.every((number) => Number.isSafeInteger(number) && (number as number) >= 0)
  )
    throw new CodecError("a request is not three whole numbers");
  return { session: session!, sequence: sequence!, firstUnanswered: firstUnanswered! };
}

const WORD = 2 ** 32;

/** In two halves, high one first: a BigInt would cost more than the rest of a stamp. */
function setU64(view: DataView, at: number, value: number): void {
  view.setUint32(at, Math.floor(value / WORD));
  view.setUint32(at + 4, value % WORD);
}

/** Not exact from 2^53 on. */
function getU64(view: DataView, at: number): number {
  return view.getUint32(at) * WORD + view.getUint32(at + 4);
}
