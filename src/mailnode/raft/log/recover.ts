import { join } from "node:path";
import { BinaryWriter } from "../../../support/binary-writer.ts";
import type { BlockingDisk } from "../../disk/blocking-disk.ts";
import type { NodeId } from "../core/types.ts";
import { logDamaged } from "./errors.ts";
import { LogTable } from "./log-table.ts";
import { addItem, EMPTY_CHECKPOINT } from "./payloads.ts";
import { readLog, type LogReading, type LogTail } from "./read-log.ts";
import { isBlank, sealRecords } from "./record.ts";
import { FIRST_SEGMENT, segmentPath, SPARE } from "./segment-name.ts";
import { isSnapshotName } from "./snapshot-name.ts";
import { Spare } from "./spare.ts";
import { LOG_VERSION } from "./version.ts";

export interface RecoveredLog {
  readonly table: LogTable;
  readonly tail: LogTail;
}

/**
 * Makes a log ready to be written to: a new one where there is none, with the id that `newNode` draws; else what is
 * durable of the one that is there. All that it returns is durable, whatever the process before had left in
 * the page cache. A torn tail, which nobody was told of, is blanked.
 *
 * Throws RAFT_LOG_DAMAGED, RAFT_LOG_VERSION, and what the disk throws.
 */
export function recoverLog(
  disk: BlockingDisk,
  directory: string,
  segmentBytes: number,
  newNode: () => NodeId,
): RecoveredLog {
  disk.makeDirectory(directory);
  const reading = readLog(disk, directory);
  const { ending, tail, table } = reading;
  if (ending.verdict === "corrupt") throw logDamaged(ending.path, ending.end, ending.reason);
  removeLeftovers(disk, directory, reading);
  if (tail) {
    settle(disk, segmentPath(directory, tail.segment), tail);
    disk.syncDirectory(directory);
    return { table, tail };
  }
  if (disk.list(directory).some(isSnapshotName)) {
    throw logDamaged(directory, 0, "it holds snapshots, and the log that they belong to is gone");
  }
  return { table: new LogTable(EMPTY_CHECKPOINT), tail: begin(disk, directory, segmentBytes, newNode()) };
}

function removeLeftovers(disk: BlockingDisk, directory: string, { leftovers }: LogReading): void {
  if (disk.list(directory).includes(SPARE)) disk.remove(join(directory, SPARE));
  for (const path of leftovers) disk.remove(path);
}

/**
 * Writes the last write again and blanks what lies behind it. Reading proves only that it is in the page cache: it
 * may never have been synced, or by a sync that failed, after which only a new write can reach the disk.
 */
function settle(disk: BlockingDisk, path: string, { lastWrite, end }: LogTail): void {
  const file = disk.open(path, "write");
  const content = file.read(lastWrite, file.size() - lastWrite);
  const good = end - lastWrite;
  file.write(lastWrite, [content.subarray(0, good)]);
  const garbage = lastUsed(content, good) - good;
  if (garbage > 0) file.write(end, [new Uint8Array(garbage)]);
  file.sync();
  file.close();
}

/** Where the blank space at the end of a file begins, to a block; not before `from`. */
function lastUsed(content: Uint8Array, from: number): number {
  let end = content.length;
  while (end > from && isBlank(content, Math.max(from, end - BLOCK), end)) end -= BLOCK;
  return Math.max(from, end);
}

const BLOCK = 4096;

function begin(disk: BlockingDisk, directory: string, segmentBytes: number, node: NodeId): LogTail {
  const head = { version: LOG_VERSION, node, segment: FIRST_SEGMENT, checkpoint: EMPTY_CHECKPOINT };
  const writer = new BinaryWriter();
  addItem(writer, { kind: "head", head });
  const bytes = writer.take();
  const chain = sealRecords(bytes, 0, 0);
  const file = new Spare(disk, directory, segmentBytes).become(FIRST_SEGMENT);
  file.write(0, [bytes]);
  file.sync();
  file.close();
  const end = bytes.length;
  return { node, segment: FIRST_SEGMENT, end, chain, lastWrite: 0, checkpoint: EMPTY_CHECKPOINT };
}
