import { BinaryWriter } from "../../../support/binary-writer.ts";
import type { BlockingDisk } from "../../disk/blocking-disk.ts";
import type { Disk } from "../../disk/disk.ts";
import type { Entry, HardState, Index, LogId, NodeId, SnapshotMeta, Term } from "../core/types.ts";
import { ENTRY_OVERHEAD } from "../wire/entry-codec.ts";
import { logDamaged } from "./errors.ts";
import type { LogBackend } from "./log-backend.ts";
import type { LogTable } from "./log-table.ts";
import { addItem, type LogItem } from "./payloads.ts";
import { PendingEntries } from "./pending-entries.ts";
import { readEntries } from "./read-entries.ts";
import type { LogTail } from "./read-log.ts";
import { recoverLog } from "./recover.ts";
import { segmentNumbers } from "./segment-name.ts";
import { SnapshotStore } from "./snapshot-store.ts";

export interface RaftLogOptions {
  readonly directory: string;
  /** The same disk with both faces: the blocking one for the log, the other for snapshots. */
  readonly disk: Disk;
  readonly blocking: BlockingDisk;
  /** Draws the id of a node whose directory holds no log yet. */
  readonly newNode: () => NodeId;
  readonly segmentBytes: number;
  /** Starts what writes the log from its end on. */
  readonly backend: (tail: LogTail, segments: readonly number[]) => LogBackend;
}

/** What must be durable together, in this order: nothing of it is on disk without what stands before it. */
export interface LogAppend {
  readonly hardState?: HardState;
  /** One that was committed in `snapshots`, except that of index 0, which has no content. It takes the place of all entries that do not lead to it. */
  readonly snapshot?: SnapshotMeta;
  readonly entries?: readonly Entry[];
}

/** Marks the place of an entry that is not durable yet: segment 0, and the number of the append instead of a byte. */
const PENDING = 0;

/** A node's log: what it promised, and the entries it holds. One per node; calls answer in their order. */
export class RaftLog {
  readonly node: NodeId;
  readonly snapshots: SnapshotStore;
  readonly #options: RaftLogOptions;
  readonly #table: LogTable;
  readonly #pending = new PendingEntries();
  readonly #backend: LogBackend;
  #appends = 0;
  /** The segment of the last batch that is durable. */
  #written: number;

  /** Opens the log of a directory, or begins one. Throws RAFT_LOG_DAMAGED, RAFT_LOG_VERSION, and what the disk throws. */
  static async open(options: RaftLogOptions): Promise<RaftLog> {
    const { blocking, directory, disk } = options;
    const { table, tail } = recoverLog(blocking, directory, options.segmentBytes, options.newNode);
    const { snapshot } = table.checkpoint;
    const snapshots = new SnapshotStore(disk, directory);
    await snapshots.clean(snapshot);
    if (snapshot.index > 0 && !snapshots.holds(snapshot)) {
      throw logDamaged(snapshots.path(snapshot), 0, "the log has a record of this snapshot and it is gone");
    }
    const backend = options.backend(tail, segmentNumbers(blocking.list(directory)));
    return new RaftLog(options, table, tail, snapshots, backend);
  }

  private constructor(
    options: RaftLogOptions,
    table: LogTable,
    tail: LogTail,
    snapshots: SnapshotStore,
    backend: LogBackend,
  ) {
    this.node = tail.node;
    this.#written = tail.segment;
    this.snapshots = snapshots;
    this.#options = options;
    this.#table = table;
    this.#backend = backend;
  }

  /** The last one appended. Its commit index is within what the log holds: an interrupted write may have lost the rest. */
  get hardState(): HardState {
    const { hardState, snapshot } = this.#table.checkpoint;
    const commit = Math.max(snapshot.index, Math.min(hardState.commit, this.lastIndex));
    return { ...hardState, commit };
  }

  /** The last one appended; index 0 before the first. */
  get snapshot(): SnapshotMeta {
    return this.#table.checkpoint.snapshot;
  }

  /** The place before the first entry. */
  get compacted(): LogId {
    return this.#table.checkpoint.compacted;
  }

  get firstIndex(): Index {
    return this.#table.firstIndex;
  }

  get lastIndex(): Index {
    return this.#table.lastIndex;
  }

  /** The term of an entry or of the place before the first; undefined outside. */
  term(index: Index): Term | undefined {
    return this.#table.term(index);
  }

  /**
   * The entries from..to (without `to`), as many as fit `maxBytes`, at least one. Those not durable yet are among
   * them. Throws a RangeError outside firstIndex..lastIndex + 1, RAFT_LOG_DAMAGED for an entry that the disk lost.
   */
  entries(from: Index, to: Index, maxBytes = Infinity): readonly Entry[] {
    if (from < this.firstIndex || to > this.lastIndex + 1 || from > to) {
      throw new RangeError(`entries ${from} to ${to} are not all in ${this.firstIndex} to ${this.lastIndex}`);
    }
    let end = from;
    for (let bytes = 0; end < to; end++) {
      bytes += this.#table.size(end) + ENTRY_OVERHEAD;
      if (end > from && bytes > maxBytes) break;
    }
    const { blocking, directory } = this.#options;
    const inMemory = Math.min(end, Math.max(from, this.#pending.firstIndex ?? end));
    const entries = [...readEntries(blocking, directory, this.#table, from, inMemory)];
    for (let index = inMemory; index < end; index++) entries.push(this.#pending.get(index)!);
    return entries;
  }

  /**
   * Adds to the log. Shows at once in what this log says of itself; resolves when it is durable, which whoever
   * answers for it must wait for. Rejects with RAFT_LOG_FAILED when the disk failed: the node must stop.
   */
  async append({ hardState, snapshot, entries = [] }: LogAppend): Promise<void> {
    const items: LogItem[] = [];
    if (hardState) items.push({ kind: "hardState", hardState });
    if (snapshot) items.push({ kind: "snapshot", snapshot, replaces: this.#replaces(snapshot) });
    for (const entry of entries) items.push({ kind: "entry", entry });
    if (items.length > 0) await this.#write(items);
  }

  /**
   * Gives up the entries up to `index`, which the snapshot stands for, and removes what nothing needs any more:
   * segments and older snapshots. Resolves when that is done.
   */
  async compact(index: Index): Promise<void> {
    if (index > this.snapshot.index) {
      throw new RangeError(`entry ${index} is compacted and the snapshot is of ${this.snapshot.index}`);
    }
    const { snapshot } = this;
    if (index > this.compacted.index) {
      await this.#write([{ kind: "compaction", compacted: { term: this.term(index)!, index } }]);
    }
    await this.#backend.release(this.#firstSegment() ?? this.#written);
    await this.snapshots.prune(snapshot);
  }

  /** Ends when all that was appended is durable. */
  close(): Promise<void> {
    return this.#backend.close();
  }

  #replaces({ term, index }: SnapshotMeta): boolean {
    if (index > 0 && !this.snapshots.holds({ term, index })) {
      throw new RangeError(`snapshot ${index} is appended before it is durable`);
    }
    if (index < this.compacted.index) {
      throw new RangeError(
        `snapshot ${index} is older than the log, which begins behind ${this.compacted.index}`,
      );
    }
    return this.term(index) !== term;
  }

  async #write(items: readonly LogItem[]): Promise<void> {
    const append = ++this.#appends;
    const writer = new BinaryWriter();
    const entries: { readonly index: Index; readonly start: number }[] = [];
    for (const item of items) {
      const start = addItem(writer, item);
      this.#table.put(item, { segment: PENDING, at: append });
      if (item.kind !== "entry") continue;
      entries.push({ index: item.entry.index, start });
      this.#pending.put(item.entry);
    }
    this.#pending.keepAbove(this.compacted.index);
    const batch = await this.#backend.write(writer.take());
    this.#written = batch.segment;
    for (const { index, start } of entries) {
      const { segment, at } = this.#table.place(index);
      // Another leader's entry may have taken the place since: it is durable with its own append.
      if (segment === PENDING && at === append) {
        this.#table.setPlace(index, { segment: batch.segment, at: batch.at + start });
      }
    }
    this.#pending.shrink((index) => this.#table.place(index).segment !== PENDING);
  }

  /** The segment of the first entry; undefined without entries, or while it is on its way to the last one. */
  #firstSegment(): number | undefined {
    if (this.firstIndex > this.lastIndex) return undefined;
    const { segment } = this.#table.place(this.firstIndex);
    return segment === PENDING ? undefined : segment;
  }
}
