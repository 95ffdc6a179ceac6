import type { UserError } from "../../../support/errors.ts";
import { BinaryWriter } from "../../../support/binary-writer.ts";
import type { BlockingDisk, BlockingFile } from "../../disk/blocking-disk.ts";
import { hasCode } from "../../disk/disk.ts";
import type { NodeId } from "../core/types.ts";
import { logFailed } from "./errors.ts";
import type { Place } from "./log-table.ts";
import { addItem, advance, readItem, type Checkpoint } from "./payloads.ts";
import type { LogTail } from "./read-log.ts";
import { ownRecords, readRecord, sealRecords } from "./record.ts";
import { segmentPath } from "./segment-name.ts";
import { Spare } from "./spare.ts";
import { LOG_VERSION } from "./version.ts";

/** The part of a segment that is used when the next one begins to be prepared. */
const PREPARE_FROM = 0.5;

/**
 * Writes batches of records at the end of a log, durably, and begins segments. Every call returns when the disk is
 * done. The first error of the disk is the last call that did anything: what a sync that failed has lost cannot
 * be found out, so that nothing is tried again (Rebello et al., "Can Applications Recover from fsync Failures?",
 * USENIX ATC 2020).
 */
export class LogWriter {
  readonly #disk: BlockingDisk;
  readonly #directory: string;
  readonly #segmentBytes: number;
  readonly #node: NodeId;
  #segments: number[];
  #file: BlockingFile;
  #size: number;
  #end: number;
  #chain: number;
  #checkpoint: Checkpoint;
  #spare: Spare | undefined;
  /** There was no room for a spare: it is tried again when it is needed. */
  #noRoom = false;
  #failure: UserError | undefined;

  /** `segments` are the numbers of those that are there. */
  constructor(
    disk: BlockingDisk,
    directory: string,
    segmentBytes: number,
    tail: LogTail,
    segments: readonly number[],
  ) {
    this.#disk = disk;
    this.#directory = directory;
    this.#segmentBytes = segmentBytes;
    this.#node = tail.node;
    this.#segments = [...segments];
    this.#end = tail.end;
    this.#chain = tail.chain;
    this.#checkpoint = tail.checkpoint;
    this.#file = disk.open(segmentPath(directory, tail.segment), "write");
    this.#size = this.#file.size();
  }

  /**
   * Makes batches durable, all with one write and one sync while they fit the segment, and says where each begins.
   * The bytes are changed: their places in the chain are filled in. Throws RAFT_LOG_FAILED.
   */
  write(batches: readonly Uint8Array[]): readonly Place[] {
    return this.#guard(() => {
      const places: Place[] = [];
      let waiting: Uint8Array[] = [];
      let end = this.#end;
      for (const batch of batches) {
        if (end + batch.length > this.#size) {
          this.#flush(waiting);
          const head = this.#beginSegment(batch.length);
          waiting = [head];
          end = head.length;
        }
        places.push({ segment: this.#segment, at: end });
        waiting.push(batch);
        end += batch.length;
        this.#seal(batch);
      }
      this.#flush(waiting);
      this.#prepare();
      return places;
    });
  }

  /** Removes the segments below `before`: nothing there is needed any more. Throws RAFT_LOG_FAILED. */
  release(before: number): void {
    this.#guard(() => {
      const old = this.#segments.filter((segment) => segment < Math.min(before, this.#segment));
      if (old.length === 0) return;
      for (const segment of old) this.#disk.remove(segmentPath(this.#directory, segment));
      this.#disk.syncDirectory(this.#directory);
      this.#segments = this.#segments.filter((segment) => !old.includes(segment));
    });
  }

  /** Closes the files. What was answered is durable already. */
  close(): void {
    if (this.#failure) return;
    this.#spare?.discard();
    this.#file.close();
  }

  get #segment(): number {
    return this.#segments.at(-1)!;
  }

  #flush(pieces: readonly Uint8Array[]): void {
    if (pieces.length === 0) return;
    this.#file.write(this.#end, pieces);
    this.#file.sync();
    for (const piece of pieces) this.#end += piece.length;
  }

  /** Gives records their places in the chain, behind those sealed before. */
  #seal(batch: Uint8Array): void {
    this.#chain = sealRecords(batch, this.#chain, this.#end);
    for (const { kind, start } of ownRecords(batch)) {
      if (kind === "entry") continue;
      const record = readRecord(batch, start);
      if (typeof record === "string") throw new Error(`a record of our own has a faulty ${record}`);
      this.#checkpoint = advance(this.#checkpoint, readItem(record));
    }
  }

  /** Goes on in a new segment with room for `bytes` behind its head, which is returned sealed and not written yet. */
  #beginSegment(bytes: number): Uint8Array {
    const segment = this.#segment + 1;
    const writer = new BinaryWriter();
    const head = { version: LOG_VERSION, node: this.#node, segment, checkpoint: this.#checkpoint };
    addItem(writer, { kind: "head", head });
    const record = writer.take();
    const spare = this.#spareOf(Math.max(this.#segmentBytes, record.length + bytes));
    const file = spare.become(segment);
    this.#file.close();
    this.#file = file;
    this.#size = spare.bytes;
    this.#spare = undefined;
    this.#noRoom = false;
    this.#segments.push(segment);
    this.#end = 0;
    this.#seal(record);
    return record;
  }

  #spareOf(bytes: number): Spare {
    if (this.#spare && this.#spare.bytes < bytes) {
      this.#spare.discard();
      this.#spare = undefined;
    }
    return this.#spare ?? new Spare(this.#disk, this.#directory, bytes);
  }

  /** Prepares the next segment, in step with how this one fills, so that no write has to wait for all of it. */
  #prepare(): void {
    const due = (this.#end / this.#size - PREPARE_FROM) / (1 - PREPARE_FROM);
    if (due <= 0 || this.#noRoom) return;
    try {
      this.#spare ??= new Spare(this.#disk, this.#directory, this.#segmentBytes);
      while (this.#spare.prepared < due) this.#spare.step();
    } catch (error) {
      if (!hasCode(error, "ENOSPC")) throw error;
      this.#spare?.discard();
      this.#spare = undefined;
      this.#noRoom = true;
    }
  }

  #guard<T>(action: () => T): T {
    if (this.#failure) throw this.#failure;
    try {
      return action();
    } catch (error) {
      this.#failure = logFailed(error);
      throw this.#failure;
    }
  }
}
