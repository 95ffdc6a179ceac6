import { BinaryError } from "../../../support/binary-reader.ts";
import { SECTOR } from "../../disk/disk.ts";
import { LogOrderError } from "./log-table.ts";
import {
  ALIGNMENT,
  announcedEnd,
  isBlank,
  readRecord,
  RECORD_HEADER,
  type LogRecord,
  type RecordFault,
} from "./record.ts";

/** How the records of a file end. */
export type Ending =
  /** Only blank space follows. */
  | { readonly verdict: "whole"; readonly end: number }
  /** An interrupted write follows, which nobody was told of: the node may go on without it. */
  | { readonly verdict: "torn"; readonly end: number; readonly reason: string }
  /** What was durable once is gone: the node must not go on. */
  | { readonly verdict: "corrupt"; readonly end: number; readonly reason: string };

/**
 * Calls `visit` for each record of a segment, in order, and says how they end; a record that `visit` refuses with a
 * BinaryError or LogOrderError is corrupt. `previous` is the CRC that the first
 * one must be chained to; undefined takes any.
 *
 * Where records break off, the write was interrupted ("torn") when no record behind vouches for the place and
 * some sector there was never written. All else is corruption (after etcd's rule, and Alagappan et al., "Protocol-
 * Aware Recovery", FAST 2018). A drive that loses exactly whole sectors of the very last synced write cannot be told
 * from an interruption by any log that writes once.
 */
export function scanRecords(
  file: Uint8Array,
  previous: number | undefined,
  visit: (record: LogRecord) => void,
): Ending {
  let chain = previous;
  let at = 0;
  for (;;) {
    const record = readRecord(file, at);
    if (typeof record === "string") return judge(file, at, record);
    if (chain !== undefined && record.previous !== chain)
      return { verdict: "corrupt", end: at, reason: "the record does not follow the one before it" };
    try {
      visit(record);
    } catch (error) {
      if (!(error instanceof BinaryError || error instanceof LogOrderError)) throw error;
      return { verdict: "corrupt", end: at, reason: error.message };
    }
    chain = record.crc;
    at = record.end;
  }
}

function judge(file: Uint8Array, at: number, fault: RecordFault): Ending {
  if (isBlank(file, at, file.length)) return { verdict: "whole", end: at };
  const witness = laterWitness(file, fault === "payload" ? announcedEnd(file, at) : at, at);
  if (witness !== undefined) {
    const reason = `a record at byte ${witness} was written after this place was durable`;
    return { verdict: "corrupt", end: at, reason };
  }
  if (neverWritten(file, at, fault))
    return { verdict: "torn", end: at, reason: `the last write was interrupted` };
  return { verdict: "corrupt", end: at, reason: `the ${fault} of the last record is not what was written` };
}

/**
 * A record from `from` on that says that `at` was durable before it was written. What a known payload holds is not
 * asked: it may be a copy of a log. Nor is a record that says more than it can know, of what is behind itself.
 */
function laterWitness(file: Uint8Array, from: number, at: number): number | undefined {
  for (
    let place = Math.ceil(from / ALIGNMENT) * ALIGNMENT;
    place + RECORD_HEADER <= file.length;
    place += ALIGNMENT
  ) {
    if (file[place + 4] === 0) continue;
    const record = readRecord(file, place);
    if (typeof record !== "string" && record.synced > at && record.synced <= place) return place;
  }
  return undefined;
}

/** Whether some sector that the record at `at` needs is still blank: a drive writes sectors whole or not at all. */
function neverWritten(file: Uint8Array, at: number, fault: RecordFault): boolean {
  const headerEnd = at + RECORD_HEADER;
  // A written header never is blank in one sector's part of it: parts are multiples of eight bytes long.
  if (fault === "blank") return isBlank(file, at, sectorEnd(at));
  if (fault === "header") return parts(at, headerEnd).some(([start, end]) => isBlank(file, start, end));
  const rest = parts(sectorEnd(headerEnd - 1), announcedEnd(file, at));
  return rest.some(([start, end]) => isBlank(file, start, end));
}

function sectorEnd(at: number): number {
  return (Math.floor(at / SECTOR) + 1) * SECTOR;
}

function parts(from: number, to: number): (readonly [number, number])[] {
  const found: (readonly [number, number])[] = [];
  for (let start = from; start < to; start = sectorEnd(start))
    found.push([start, Math.min(to, sectorEnd(start))]);
  return found;
}
