/**
 * The appends that are under way to one follower: a ring of (last index, bytes), bounded in number and in bytes.
 * An acknowledgement frees everything up to its index.
 */
import type { Index } from "../core/types.ts";

export class Inflights {
  readonly maxCount: number;
  readonly maxBytes: number;
  #start = 0;
  #count = 0;
  #bytes = 0;
  #indexes: number[] = [];
  #sizes: number[] = [];

  constructor(maxCount: number, maxBytes: number) {
    this.maxCount = maxCount;
    this.maxBytes = maxBytes;
  }

  get count(): number {
    return this.#count;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** True when nothing more may be sent. The byte limit may be passed by the message that reached it. */
  get full(): boolean {
    return this.#count >= this.maxCount || this.#bytes >= this.maxBytes;
  }

  /** Notes a message whose last entry is `index`. Indexes must grow; throws when the window is full. */
  add(index: Index, bytes: number): void {
    if (this.full) throw new RangeError("an append was sent into a full window");
    if (this.#count === this.#indexes.length) this.#grow();
    const place = (this.#start + this.#count) % this.#indexes.length;
    this.#indexes[place] = index;
    this.#sizes[place] = bytes;
    this.#count++;
    this.#bytes += bytes;
  }

  /** Frees every message whose last entry is at or below `index`. */
  freeTo(index: Index): void {
    while (this.#count > 0 && this.#indexes[this.#start]! <= index) {
      this.#bytes -= this.#sizes[this.#start]!;
      this.#start = (this.#start + 1) % this.#indexes.length;
      this.#count--;
    }
  }

  reset(): void {
    this.#start = 0;
    this.#count = 0;
    this.#bytes = 0;
  }

  /** A window that is never used costs nothing: the ring doubles up to its limit. */
  #grow(): void {
    const size = this.#indexes.length;
    const indexes: number[] = [];
    const sizes: number[] = [];
    for (let offset = 0; offset < size; offset++) {
      indexes.push(this.#indexes[(this.#start + offset) % size]!);
      sizes.push(this.#sizes[(this.#start + offset) % size]!);
    }
    for (let room = Math.min(Math.max(8, size), this.maxCount - size); room > 0; room--) {
      indexes.push(0);
      sizes.push(0);
    }
    this.#indexes = indexes;
    this.#sizes = sizes;
    this.#start = 0;
  }
}
