import { join } from "node:path";
import { BinaryWriter } from "../../../support/binary-writer.ts";
import { crc32c } from "../../../support/crc32c.ts";
import { removeIfThere, type Disk, type DiskFile } from "../../disk/disk.ts";
import type { LogId, SnapshotMeta } from "../core/types.ts";
import { logDamaged, logFailed } from "./errors.ts";
import { isSnapshotName, snapshotName } from "./snapshot-name.ts";

/** Behind the content: its length as u64, its CRC-32C as u32. A file without it was not written to the end. */
const TRAILER = 12;

/** What a snapshot's content is known by: the same on every node that took it over. */
export interface SnapshotDigest {
  readonly bytes: number;
  readonly crc: number;
}

/**
 * The snapshots of a log's directory, one file each. A snapshot is written whole and made durable under its name
 * before the log says that it is there; the log's record comes before anything older is removed.
 */
export class SnapshotStore {
  readonly #disk: Disk;
  readonly #directory: string;
  readonly #durable = new Set<string>();
  #begun = 0;

  constructor(disk: Disk, directory: string) {
    this.#disk = disk;
    this.#directory = directory;
  }

  /** Begins to write a snapshot. Several can be in the making at once. Throws RAFT_LOG_FAILED. */
  async begin(snapshot: SnapshotMeta): Promise<SnapshotWriter> {
    const name = snapshotName(snapshot);
    const unfinished = this.path(snapshot).replace(/snap$/, `${this.#begun++}.tmp`);
    const file = await orFail(this.#disk.create(unfinished));
    return new SnapshotWriter(file, async (whole) => {
      if (!whole) return this.#disk.remove(unfinished);
      await this.#disk.rename(unfinished, this.path(snapshot));
      await this.#disk.syncDirectory(this.#directory);
      this.#durable.add(name);
    });
  }

  /** The content, then an end that proves it whole: throws RAFT_LOG_DAMAGED otherwise, ENOENT when it is not there. */
  async *read(snapshot: LogId): AsyncIterable<Uint8Array> {
    const path = this.path(snapshot);
    let held: Uint8Array = new Uint8Array(0);
    let [bytes, crc] = [0, 0];
    for await (const piece of this.#disk.read(path)) {
      const all = Buffer.concat([held, piece]);
      const content = all.subarray(0, Math.max(0, all.length - TRAILER));
      held = all.subarray(content.length);
      bytes += content.length;
      crc = crc32c(content, crc);
      if (content.length > 0) yield content;
    }
    if (!trailerOf({ bytes, crc }).equals(held))
      throw logDamaged(path, bytes, "the snapshot is not what was written");
  }

  /** At most `length` bytes of the content from `start` on, to send it on; the receiver proves the whole by its digest. */
  async piece(snapshot: LogId, start: number, length: number): Promise<Uint8Array> {
    const pieces: Uint8Array[] = [];
    let have = 0;
    for await (const piece of this.#disk.read(this.path(snapshot), start)) {
      pieces.push(piece);
      have += piece.length;
      if (have >= length + TRAILER) break;
    }
    return Buffer.concat(pieces).subarray(0, Math.min(length, Math.max(0, have - TRAILER)));
  }

  /** Reads a snapshot to its end. Throws as read does. */
  async verify(snapshot: LogId): Promise<SnapshotDigest> {
    let [bytes, crc] = [0, 0];
    for await (const piece of this.read(snapshot)) {
      bytes += piece.length;
      crc = crc32c(piece, crc);
    }
    return { bytes, crc };
  }

  /** Whether a snapshot is durable under its name, as far as this store has made or found it. */
  holds(snapshot: LogId): boolean {
    return this.#durable.has(snapshotName(snapshot));
  }

  /** Removes snapshots older than this one, which the log must have a durable record of. */
  async prune(snapshot: LogId): Promise<void> {
    await this.#remove((name) => name.endsWith(".snap") && name < snapshotName(snapshot));
  }

  /** Removes all but this one: what a crash left before the log had a record of it. For the start alone. */
  async clean(snapshot: LogId): Promise<void> {
    const name = snapshotName(snapshot);
    await this.#remove((other) => other !== name);
    if ((await this.#disk.list(this.#directory)).includes(name)) this.#durable.add(name);
  }

  path(snapshot: LogId): string {
    return join(this.#directory, snapshotName(snapshot));
  }

  async #remove(which: (name: string) => boolean): Promise<void> {
    const names = (await this.#disk.list(this.#directory)).filter(isSnapshotName).filter(which);
    for (const name of names) {
      this.#durable.delete(name);
      // Two that tidy up at once have seen the same names.
      await removeIfThere(this.#disk, join(this.#directory, name));
    }
  }
}

/** A snapshot in the making. Its methods reject with RAFT_LOG_FAILED: the node must stop. */
export class SnapshotWriter {
  readonly #file: DiskFile;
  readonly #finish: (whole: boolean) => Promise<void>;
  #bytes = 0;
  #crc = 0;

  /** `finish` gives the closed file its name, or removes it. */
  constructor(file: DiskFile, finish: (whole: boolean) => Promise<void>) {
    this.#file = file;
    this.#finish = finish;
  }

  /** Of what was appended so far: where an interrupted transfer goes on, and what it must come to in the end. */
  get digest(): SnapshotDigest {
    return { bytes: this.#bytes, crc: this.#crc };
  }

  async append(content: Uint8Array): Promise<void> {
    await orFail(this.#file.append(content));
    this.#bytes += content.length;
    this.#crc = crc32c(content, this.#crc);
  }

  /** Makes it durable under its name. Only then may the log be told of it. */
  async commit(): Promise<void> {
    await orFail(this.#file.append(trailerOf(this.digest)));
    await orFail(this.#file.sync());
    await orFail(this.#file.close());
    await orFail(this.#finish(true));
  }

  async discard(): Promise<void> {
    await orFail(this.#file.close());
    await orFail(this.#finish(false));
  }
}

/** Compared as bytes: damage may make numbers of them that nobody writes. */
function trailerOf({ bytes, crc }: SnapshotDigest): Buffer {
  const trailer = new BinaryWriter(TRAILER);
  trailer.u64(bytes);
  trailer.u32(crc);
  return Buffer.from(trailer.take());
}

async function orFail<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw logFailed(error);
  }
}
