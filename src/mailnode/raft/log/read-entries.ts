import type { BlockingDisk } from "../../disk/blocking-disk.ts";
import { ENTRY_OVERHEAD } from "../wire/entry-codec.ts";
import type { Entry, Index } from "../core/types.ts";
import { logDamaged } from "./errors.ts";
import type { LogTable } from "./log-table.ts";
import { readItem } from "./payloads.ts";
import { readRecord, RECORD_HEADER } from "./record.ts";
import { segmentPath } from "./segment-name.ts";

/**
 * Entries from..to (without `to`) from their segments, one read for those that lie in one. Throws RAFT_LOG_DAMAGED
 * when an entry is not what was written.
 */
export function readEntries(
  disk: BlockingDisk,
  directory: string,
  table: LogTable,
  from: Index,
  to: Index,
): readonly Entry[] {
  const entries: Entry[] = [];
  for (let first = from; first < to;) {
    const { segment, at: start } = table.place(first);
    let last = first;
    while (last + 1 < to && table.place(last + 1).segment === segment) last++;
    const end = table.place(last).at + RECORD_HEADER + ENTRY_OVERHEAD + table.size(last);
    const path = segmentPath(directory, segment);
    const bytes = readRange(disk, path, start, end - start);
    for (let index = first; index <= last; index++) {
      const { at } = table.place(index);
      const entry = entryAt(bytes, at - start);
      if (entry?.index !== index || entry.term !== table.term(index)) {
        throw logDamaged(path, at, `entry ${index} is no longer what was written`);
      }
      entries.push(entry);
    }
    first = last + 1;
  }
  return entries;
}

function entryAt(bytes: Uint8Array, at: number): Entry | undefined {
  const record = readRecord(bytes, at);
  if (typeof record === "string" || record.kind !== "entry") return undefined;
  const item = readItem(record);
  return item.kind === "entry" ? item.entry : undefined;
}

function readRange(disk: BlockingDisk, path: string, at: number, length: number): Uint8Array {
  const file = disk.open(path, "read");
  try {
    return file.read(at, length);
  } finally {
    file.close();
  }
}
