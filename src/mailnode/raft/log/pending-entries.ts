import type { Entry, Index } from "../core/types.ts";

/** The latest entries of a log, in memory up to a size, for followers that are nearly up to date. */
export class RecentEntries {
  readonly #maxBytes: number;
  #entries: Entry[] = [];
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Of the first that is held; undefined when none is. */
  get firstIndex(): Index | undefined {
    return this.#entries[0]?.index;
  }

  get(index: Index): Entry | undefined {
    return this.#entries[index - (this.firstIndex ?? 0)];
  }

  /** Adds an entry behind those before it; from there on the others are overruled. */
  put(entry: Entry): void {
    this.keepBelow(entry.index);
    if (this.#entries.length > 0 && this.#entries.at(-1)!.index !== entry.index - 1) this.keepBelow(0);
    this.#entries.push(entry);
    this.#bytes += entry.data.length;
  }

  /** Forgets the entries from `index` on. */
  keepBelow(index: Index): void {
    while ((this.#entries.at(-1)?.index ?? -1) >= index) this.#bytes -= this.#entries.pop()!.data.length;
  }

  /** Forgets the oldest while they are too large; only those that `durable` allows can be read from disk again. */
  shrink(durable: (index: Index) => boolean): void {
    let count = 0;
    for (let bytes = this.#bytes; bytes > this.#maxBytes && count < this.#entries.length; count++) {
      const entry = this.#entries[count]!;
      if (!durable(entry.index)) break;
      bytes -= entry.data.length;
    }
    this.#drop(count);
  }

  /** Forgets the entries up to `index`. */
  keepAbove(index: Index): void {
    this.#drop(Math.max(0, Math.min(this.#entries.length, index + 1 - (this.firstIndex ?? 0))));
  }

  #drop(count: number): void {
    for (let i = 0; i < count; i++) this.#bytes -= this.#entries[i]!.data.length;
    if (count > 0) this.#entries = this.#entries.slice(count);
  }
}
