import { crc32c } from "../../../support/crc32c.ts";
import type { BinaryWriter } from "../../../support/binary-writer.ts";

/**
 * A record: length u32, kind u8, three zero bytes, synced u32, previous u32, header CRC u32 of the bytes so far,
 * CRC u32 of the payload continued from the header's, the payload, zeros up to a multiple of eight. Numbers are
 * little-endian.
 *
 * `previous` is the CRC of the record before, across segments: a chain that nothing can be taken out of.
 * `synced` is how much of the file was durable when the record was written. Damage below it that a later record
 * vouches for was durable once and is corruption, not an interrupted write.
 */
export const RECORD_HEADER = 24;

/** Records begin at multiples of this, so that they can be looked for behind damage. */
export const ALIGNMENT = 8;

/** New kinds are added at the end: the place is what lies on disks. 0 is none: a blank file holds no records. */
const KINDS = [undefined, "head", "hardState", "entry", "snapshot", "compaction"] as const;
export type RecordKind = Exclude<(typeof KINDS)[number], undefined>;

const AT_KIND = 4;
const AT_SYNCED = 8;
const AT_PREVIOUS = 12;
const AT_HEADER_CRC = 16;
const AT_CRC = 20;

export interface LogRecord {
  readonly kind: RecordKind;
  /** Where it begins in its file, and where the next one does. */
  readonly start: number;
  readonly end: number;
  readonly synced: number;
  readonly previous: number;
  readonly crc: number;
  /** A view of the file's bytes. */
  readonly payload: Uint8Array;
}

/** What stands where a record should: nothing ever written, a header or a payload that is not as written. */
export type RecordFault = "blank" | "header" | "payload";

/** Adds a record without its place in the chain, which sealRecords fills in. Returns where it begins. */
export function addRecord(
  writer: BinaryWriter,
  kind: RecordKind,
  payload: (writer: BinaryWriter) => void,
): number {
  const start = writer.length;
  writer.zeros(RECORD_HEADER);
  payload(writer);
  const length = writer.length - start - RECORD_HEADER;
  writer.patchU32(start, length);
  writer.patchU32(start + AT_KIND, KINDS.indexOf(kind));
  writer.zeros(padding(length));
  return start;
}

/** Chains records, one after the other in `bytes`, to the record whose CRC is `previous`. Returns the last one's CRC. */
export function sealRecords(bytes: Uint8Array, previous: number, synced: number): number {
  const view = viewOf(bytes);
  let chain = previous;
  for (let at = 0; at < bytes.length;) {
    const end = at + RECORD_HEADER + view.getUint32(at, true);
    view.setUint32(at + AT_SYNCED, synced, true);
    view.setUint32(at + AT_PREVIOUS, chain, true);
    const headerCrc = crc32c(bytes, 0, at, at + AT_HEADER_CRC);
    view.setUint32(at + AT_HEADER_CRC, headerCrc, true);
    chain = crc32c(bytes, headerCrc, at + RECORD_HEADER, end);
    view.setUint32(at + AT_CRC, chain, true);
    at = end + padding(end);
  }
  return chain;
}

/** The record at `start`, valid in itself (whether it is the right one its place in the chain says), or what is wrong. */
export function readRecord(file: Uint8Array, start: number): LogRecord | RecordFault {
  if (isBlank(file, start, start + RECORD_HEADER)) return "blank";
  if (start + RECORD_HEADER > file.length) return "header";
  const view = viewOf(file);
  const kind = KINDS[file[start + AT_KIND]!];
  const headerCrc = view.getUint32(start + AT_HEADER_CRC, true);
  const blank = isBlank(file, start + AT_KIND + 1, start + AT_SYNCED);
  if (!kind || !blank || crc32c(file, 0, start, start + AT_HEADER_CRC) !== headerCrc) return "header";
  const end = start + RECORD_HEADER + view.getUint32(start, true);
  const crc = view.getUint32(start + AT_CRC, true);
  if (end > file.length || crc32c(file, headerCrc, start + RECORD_HEADER, end) !== crc) return "payload";
  return {
    kind,
    start,
    end: end + padding(end),
    synced: view.getUint32(start + AT_SYNCED, true),
    previous: view.getUint32(start + AT_PREVIOUS, true),
    crc,
    payload: file.subarray(start + RECORD_HEADER, end),
  };
}

/** What records a batch that this process made holds, and where they begin. */
export function* ownRecords(
  bytes: Uint8Array,
): Generator<{ readonly kind: RecordKind; readonly start: number }> {
  const view = viewOf(bytes);
  for (let start = 0; start < bytes.length;) {
    yield { kind: KINDS[bytes[start + AT_KIND]!]!, start };
    const end = start + RECORD_HEADER + view.getUint32(start, true);
    start = end + padding(end);
  }
}

/** Where the payload of a record ends whose header is whole. */
export function announcedEnd(file: Uint8Array, start: number): number {
  return start + RECORD_HEADER + viewOf(file).getUint32(start, true);
}

const ZEROS = Buffer.alloc(64 * 1024);

/** Whether bytes[start..end) are all zeros; bytes beyond the end of the file count as zeros. */
export function isBlank(bytes: Uint8Array, start: number, end: number): boolean {
  const last = Math.min(end, bytes.length);
  for (let at = start; at < last; at += ZEROS.length) {
    const to = Math.min(last, at + ZEROS.length);
    if (ZEROS.compare(bytes, at, to, 0, to - at) !== 0) return false;
  }
  return true;
}

function padding(length: number): number {
  return (ALIGNMENT - (length % ALIGNMENT)) % ALIGNMENT;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
