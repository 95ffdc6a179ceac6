import type { BlockingDisk } from "../../disk/blocking-disk.ts";
import type { NodeId } from "../core/types.ts";
import type { LogTable } from "./log-table.ts";
import type { Checkpoint } from "./payloads.ts";
import type { LogRecord } from "./record.ts";
import { Replay, type SegmentContent } from "./replay.ts";
import { scanRecords, type Ending } from "./scan.ts";
import { FIRST_SEGMENT, segmentNumbers, segmentPath } from "./segment-name.ts";

/** What lies in one segment. */
export interface SegmentReading {
  readonly segment: number;
  readonly path: string;
  readonly bytes: number;
  readonly content: Readonly<SegmentContent>;
  readonly ending: Ending;
}

/** The end of the last segment that has records: where writing goes on. */
export interface LogTail {
  readonly node: NodeId;
  readonly segment: number;
  readonly end: number;
  /** The CRC of the last record. */
  readonly chain: number;
  /** Where the last write began: from there on content may be in the page cache alone. */
  readonly lastWrite: number;
  readonly checkpoint: Checkpoint;
}

export interface LogReading {
  readonly segments: readonly SegmentReading[];
  /** Of the whole log; `path` is the file in which `end` counts. */
  readonly ending: Ending & { readonly path: string };
  readonly table: LogTable;
  /** Undefined for a log in which nothing was written yet. */
  readonly tail: LogTail | undefined;
  /** Segments that a crash left behind and nothing needs: old ones, and one that has no record yet. */
  readonly leftovers: readonly string[];
}

/** Reads all segments of a log and changes nothing. Throws RAFT_LOG_VERSION, and what the disk throws. */
export function readLog(disk: BlockingDisk, directory: string): LogReading {
  const numbers = segmentNumbers(disk.list(directory));
  const from = lastRun(numbers);
  const leftovers = numbers.slice(0, from).map((number) => segmentPath(directory, number));
  const replay = new Replay();
  const segments: SegmentReading[] = [];
  let ending: LogReading["ending"] = { verdict: "whole", end: 0, path: directory };
  let tail: LogTail | undefined;
  for (const segment of numbers.slice(from)) {
    const path = segmentPath(directory, segment);
    const file = readWhole(disk, path);
    const { content, last, ending: own } = readSegment(file, segment, replay);
    segments.push({ segment, path, bytes: file.length, content, ending: own });
    const isLast = segment === numbers.at(-1);
    ending = { ...inLog(own, isLast, tail !== undefined || segment === FIRST_SEGMENT), path };
    if (ending.verdict === "corrupt") break;
    if (!last) leftovers.push(path);
    else {
      const { end, crc: chain, synced: lastWrite } = last;
      tail = { node: replay.node!, segment, end, chain, lastWrite, checkpoint: replay.table.checkpoint };
    }
  }
  const { table } = replay;
  const missing = table.checkpoint.compacted.index + 1;
  if (ending.verdict !== "corrupt" && table.firstIndex > missing) {
    const reason = `entries ${missing} to ${table.firstIndex - 1} were in a file that is gone`;
    ending = { verdict: "corrupt", end: 0, reason, path: segments[0]!.path };
  }
  return { segments, ending, table, tail, leftovers };
}

/** Where those numbers begin that follow each other up to the last one: of removals before, some may have been lost. */
function lastRun(numbers: readonly number[]): number {
  let from = Math.max(0, numbers.length - 1);
  while (from > 0 && numbers[from - 1] === numbers[from]! - 1) from--;
  return from;
}

function readSegment(file: Uint8Array, segment: number, replay: Replay) {
  const content: SegmentContent = {
    records: 0,
    entries: 0,
    firstIndex: undefined,
    lastIndex: undefined,
    firstTerm: undefined,
    lastTerm: undefined,
  };
  let last: LogRecord | undefined;
  const ending = scanRecords(file, replay.chain, (record) => {
    replay.take(record, segment, content);
    last = record;
  });
  return { content, ending, last: last };
}

/**
 * What a segment's ending means for the log. A segment is begun when all before is durable, so that only the last
 * one can be torn; and one without records is one that a crash kept from getting any.
 */
function inLog(ending: Ending, isLast: boolean, hasOrigin: boolean): Ending {
  const { verdict, end } = ending;
  if (verdict === "corrupt") return ending;
  if (!isLast && (verdict === "torn" || end === 0)) {
    return { verdict: "corrupt", end, reason: "the next segment was begun when all here was durable" };
  }
  if (end === 0 && !hasOrigin) {
    return { verdict: "corrupt", end, reason: "it holds no record, and the segments before it are gone" };
  }
  return ending;
}

function readWhole(disk: BlockingDisk, path: string): Uint8Array {
  const file = disk.open(path, "read");
  try {
    return file.read(0, file.size());
  } finally {
    file.close();
  }
}
