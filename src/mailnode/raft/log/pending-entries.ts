import type { Entry, Index } from "../core/types.ts";

/** The entries of a log that are on their way to the disk, where they cannot be read yet. */
export class PendingEntries {
  #entries: Entry[] = [];

  /** Of the first that is held; undefined when none is. */
  get firstIndex(): Index | undefined {
    return this.#entries[0]?.index;
  }

  get(index: Index): Entry | undefined {
    return this.#entries[index - (this.firstIndex ?? 0)];
  }

  /** Adds an entry behind those before it; from there on the others are overruled. */
  put(entry: Entry): void {
    while ((this.#entries.at(-1)?.index ?? -1) >= entry.index) this.#entries.pop();
    if (this.#entries.length > 0 && this.#entries.at(-1)!.index !== entry.index - 1) this.#entries = [];
    this.#entries.push(entry);
  }

  /** Forgets the oldest, as long as they are durable. */
  shrink(durable: (index: Index) => boolean): void {
    const kept = this.#entries.findIndex(({ index }) => !durable(index));
    this.#drop(kept < 0 ? this.#entries.length : kept);
  }

  /** Forgets the entries up to `index`. */
  keepAbove(index: Index): void {
    this.#drop(Math.max(0, Math.min(this.#entries.length, index + 1 - (this.firstIndex ?? 0))));
  }

  #drop(count: number): void {
    if (count > 0) this.#entries = this.#entries.slice(count);
  }
}
