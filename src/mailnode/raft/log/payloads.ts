import { BinaryReader } from "../../../support/binary-reader.ts";
import type { BinaryWriter } from "../../../support/binary-writer.ts";
import { NOBODY } from "../core/membership-codec.ts";
import type { Entry, HardState, LogId, NodeId, SnapshotMeta } from "../core/types.ts";
import { readEntry, writeEntry } from "../wire/entry-codec.ts";
import { readBoolean, readSnapshotMeta, writeBoolean, writeSnapshotMeta } from "../wire/membership-codec.ts";
import { logOfOtherVersion } from "./errors.ts";
import { addRecord, type LogRecord } from "./record.ts";
import { LOG_VERSION } from "./version.ts";

/** What the records of a log say. */
export type LogItem =
  | { readonly kind: "head"; readonly head: SegmentHead }
  | { readonly kind: "hardState"; readonly hardState: HardState }
  | { readonly kind: "entry"; readonly entry: Entry }
  /** A snapshot is durable. With `replaces` it takes the place of all entries, as they do not lead to it. */
  | { readonly kind: "snapshot"; readonly snapshot: SnapshotMeta; readonly replaces: boolean }
  /** Entries up to here are no longer needed. */
  | { readonly kind: "compaction"; readonly compacted: LogId };

/** What a log says at one place beside its entries. */
export interface Checkpoint {
  readonly hardState: HardState;
  readonly snapshot: SnapshotMeta;
  /** Entries up to here are no longer needed; the place before the first that is. */
  readonly compacted: LogId;
}

/** The first record of every segment. With its checkpoint the segments before it can go. */
export interface SegmentHead {
  readonly version: number;
  /** The node whose log it is: segments of two nodes never mix. */
  readonly node: NodeId;
  /** 1 for the first segment of a log, then one more each. */
  readonly segment: number;
  readonly checkpoint: Checkpoint;
}

/** Of a log in which nothing was written yet. */
export const EMPTY_CHECKPOINT: Checkpoint = {
  hardState: { term: 0, vote: undefined, commit: 0 },
  snapshot: { term: 0, index: 0, membership: NOBODY },
  compacted: { term: 0, index: 0 },
};

/** The checkpoint behind an item. */
export function advance(checkpoint: Checkpoint, item: LogItem): Checkpoint {
  switch (item.kind) {
    case "head":
    case "entry":
      return checkpoint;
    case "hardState":
      return { ...checkpoint, hardState: item.hardState };
    case "snapshot": {
      const { snapshot, replaces } = item;
      const { term, index } = snapshot;
      return { ...checkpoint, snapshot, compacted: replaces ? { term, index } : checkpoint.compacted };
    }
    case "compaction":
      return { ...checkpoint, compacted: item.compacted };
  }
}

/** Adds an item as a record without its place in the chain. Returns where it begins. */
export function addItem(writer: BinaryWriter, item: LogItem): number {
  return addRecord(writer, item.kind, () => writeItem(writer, item));
}

function writeItem(writer: BinaryWriter, item: LogItem): void {
  switch (item.kind) {
    case "head":
      writer.u32(item.head.version);
      writer.name(item.head.node);
      writer.u64(item.head.segment);
      writeHardState(writer, item.head.checkpoint.hardState);
      writeSnapshotMeta(writer, item.head.checkpoint.snapshot);
      writeLogId(writer, item.head.checkpoint.compacted);
      return;
    case "hardState":
      return writeHardState(writer, item.hardState);
    case "entry":
      return writeEntry(writer, item.entry);
    case "snapshot":
      writeSnapshotMeta(writer, item.snapshot);
      return writeBoolean(writer, item.replaces);
    case "compaction":
      return writeLogId(writer, item.compacted);
  }
}

/** What a record says; data of an entry are a view of it. Throws BinaryError. */
export function readItem(record: LogRecord): LogItem {
  const reader = new BinaryReader(record.payload);
  const item = readKind(record.kind, reader);
  reader.end();
  return item;
}

function readKind(kind: LogRecord["kind"], reader: BinaryReader): LogItem {
  switch (kind) {
    case "head":
      return { kind, head: readHead(reader) };
    case "hardState":
      return { kind, hardState: readHardState(reader) };
    case "entry":
      return { kind, entry: readEntry(reader) };
    case "snapshot":
      return { kind, snapshot: readSnapshotMeta(reader), replaces: readBoolean(reader) };
    case "compaction":
      return { kind, compacted: readLogId(reader) };
  }
}

/** A head of another version says no more than that: what follows may have another shape. */
function readHead(reader: BinaryReader): SegmentHead {
  const version = reader.u32();
  if (version !== LOG_VERSION) throw logOfOtherVersion(version);
  const [node, segment] = [reader.name(), reader.u64()];
  const [hardState, snapshot] = [readHardState(reader), readSnapshotMeta(reader)];
  return { version, node, segment, checkpoint: { hardState, snapshot, compacted: readLogId(reader) } };
}

function writeHardState(writer: BinaryWriter, { term, commit, vote }: HardState): void {
  writer.u64(term);
  writer.u64(commit);
  writeBoolean(writer, vote !== undefined);
  if (vote !== undefined) writer.name(vote);
}

function readHardState(reader: BinaryReader): HardState {
  const [term, commit] = [reader.u64(), reader.u64()];
  return { term, commit, vote: readBoolean(reader) ? reader.name() : undefined };
}

function writeLogId(writer: BinaryWriter, { term, index }: LogId): void {
  writer.u64(term);
  writer.u64(index);
}

function readLogId(reader: BinaryReader): LogId {
  return { term: reader.u64(), index: reader.u64() };
}
