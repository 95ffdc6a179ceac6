import { textTable } from "../../../support/text-table.ts";
import type { BlockingDisk } from "../../disk/blocking-disk.ts";
import { logAbsent } from "./errors.ts";
import { describeEnding } from "./describe-ending.ts";
import { readLog, type LogReading, type SegmentReading } from "./read-log.ts";
import { segmentName } from "./segment-name.ts";

const HEADINGS = ["SEGMENT", "SIZE", "USED", "RECORDS", "ENTRIES", "INDEXES", "TERMS", "ENDS"];

/**
 * What a log holds, for people: its segments in a table, then what it says in the end. Changes nothing, and may be
 * used while the node runs. Throws RAFT_LOG_ABSENT, RAFT_LOG_VERSION.
 */
export function inspectLog(disk: BlockingDisk, directory: string): string {
  const reading = readDirectory(disk, directory);
  return textTable([HEADINGS, ...reading.segments.map(rowOf)]) + summary(reading);
}

/** The log of a directory. Throws RAFT_LOG_ABSENT when there is none, RAFT_LOG_VERSION for one of another version. */
export function readDirectory(disk: BlockingDisk, directory: string): LogReading {
  let reading: LogReading;
  try {
    reading = readLog(disk, directory);
  } catch (error) {
    if (error instanceof Error && "syscall" in error) throw logAbsent(directory, error.message);
    throw error;
  }
  if (reading.segments.length === 0) throw logAbsent(directory, "it holds no segments");
  return reading;
}

function rowOf({ segment, bytes, content, ending }: SegmentReading): readonly string[] {
  const { records, entries, firstIndex, lastIndex, firstTerm, lastTerm } = content;
  return [
    segmentName(segment),
    String(bytes),
    String(ending.end),
    String(records),
    String(entries),
    range(firstIndex, lastIndex),
    range(firstTerm, lastTerm),
    ending.verdict,
  ];
}

function range(first: number | undefined, last: number | undefined): string {
  if (first === undefined) return "-";
  return first === last ? String(first) : `${first}-${last}`;
}

function summary({ table, tail, ending }: LogReading): string {
  const { hardState, snapshot } = table.checkpoint;
  const lines = [
    `node      ${tail?.node ?? "-"}`,
    `promises  term ${hardState.term}, vote ${hardState.vote ?? "-"}, commit ${hardState.commit}`,
    `snapshot  ${snapshot.index === 0 ? "-" : `index ${snapshot.index} of term ${snapshot.term}`}`,
    `voters    ${snapshot.membership.voters.join(" ") || "-"}`,
    `entries   ${table.firstIndex > table.lastIndex ? "-" : `${table.firstIndex} to ${table.lastIndex}`}`,
    `log       ${describeEnding(ending)}`,
  ];
  return `\n${lines.join("\n")}\n`;
}
