import { join } from "node:path";
import type { BlockingDisk, BlockingFile } from "../../disk/blocking-disk.ts";
import { SECTOR } from "../../disk/disk.ts";
import { segmentPath, SPARE } from "./segment-name.ts";

/** What one step of preparing writes: short enough to come between two writes of the log. */
const STEP = 1024 * 1024;

/**
 * A blank file that becomes a segment. Writing into space that is there already changes no size and no map of
 * blocks, so that a sync has one write to wait for instead of two or three.
 */
export class Spare {
  readonly bytes: number;
  readonly #disk: BlockingDisk;
  readonly #directory: string;
  readonly #file: BlockingFile;
  #blank = 0;

  /** Begins one of at least `bytes` bytes. */
  constructor(disk: BlockingDisk, directory: string, bytes: number) {
    this.bytes = Math.ceil(bytes / SECTOR) * SECTOR;
    this.#disk = disk;
    this.#directory = directory;
    this.#file = disk.create(join(directory, SPARE));
  }

  /** The part that is blank and durable, 0 to 1. */
  get prepared(): number {
    return this.#blank / this.bytes;
  }

  /** Prepares a piece more. */
  step(): void {
    const piece = Math.min(STEP, this.bytes - this.#blank);
    if (piece === 0) return;
    this.#file.write(this.#blank, [new Uint8Array(piece)]);
    this.#file.sync();
    this.#blank += piece;
  }

  /** Prepares what is missing and takes the name of the segment, durably. The file is open for writing. */
  become(segment: number): BlockingFile {
    while (this.#blank < this.bytes) this.step();
    this.#disk.rename(join(this.#directory, SPARE), segmentPath(this.#directory, segment));
    this.#disk.syncDirectory(this.#directory);
    return this.#file;
  }

  /** Gives the space back. */
  discard(): void {
    this.#file.close();
    this.#disk.remove(join(this.#directory, SPARE));
  }
}
