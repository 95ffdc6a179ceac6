import type { Entry, Index, Term } from "../core/types.ts";
import { advance, type Checkpoint, type LogItem } from "./payloads.ts";

/** Where the record of an entry lies. */
export interface Place {
  readonly segment: number;
  readonly at: number;
}

/** Records that no node writes in this order. */
export class LogOrderError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "LogOrderError";
  }
}

/** What a log holds, without the data: its checkpoint, and of each entry the term, the size and where it lies. */
export class LogTable {
  #checkpoint: Checkpoint;
  #first: Index;
  // Arrays of numbers side by side: a log of a million entries costs 32 MB, not 100.
  readonly #terms: Term[] = [];
  readonly #sizes: number[] = [];
  readonly #segments: number[] = [];
  readonly #offsets: number[] = [];

  constructor(checkpoint: Checkpoint) {
    this.#checkpoint = checkpoint;
    this.#first = checkpoint.compacted.index + 1;
  }

  get checkpoint(): Checkpoint {
    return this.#checkpoint;
  }

  /** Of the first entry, or where it will be. */
  get firstIndex(): Index {
    return this.#first;
  }

  /** Of the last entry; without one, of the place before the first. */
  get lastIndex(): Index {
    return this.#first + this.#terms.length - 1;
  }

  /** The term of an entry, or of the place before the first; undefined outside. */
  term(index: Index): Term | undefined {
    const { compacted } = this.#checkpoint;
    return index === compacted.index ? compacted.term : this.#terms[index - this.#first];
  }

  /** The bytes of data of an entry. */
  size(index: Index): number {
    return this.#sizes[index - this.#first]!;
  }

  place(index: Index): Place {
    return { segment: this.#segments[index - this.#first]!, at: this.#offsets[index - this.#first]! };
  }

  setPlace(index: Index, { segment, at }: Place): void {
    this.#segments[index - this.#first] = segment;
    this.#offsets[index - this.#first] = at;
  }

  /** Takes up an item, an entry with the place where it lies. Throws LogOrderError. */
  put(item: LogItem, place: Place): void {
    this.#checkpoint = advance(this.#checkpoint, item);
    if (item.kind === "entry") this.#putEntry(item.entry, place);
    if (item.kind === "snapshot" && item.replaces) this.#startAt(item.snapshot.index + 1);
    if (item.kind === "compaction") this.#dropTo(item.compacted.index);
  }

  /** An entry of a smaller index overrules those from there on: a leader of a later term has others. */
  #putEntry({ term, index, data }: Entry, place: Place): void {
    const { compacted } = this.#checkpoint;
    if (index <= compacted.index) throw new LogOrderError(`entry ${index} is written behind its compaction`);
    // The first that is left of a log whose older segments are gone; that all are there is checked at the end.
    if (this.#terms.length === 0 || index < this.#first) this.#startAt(index);
    if (index > this.lastIndex + 1) {
      throw new LogOrderError(`entry ${index} follows entry ${this.lastIndex}`);
    }
    const before = this.term(index - 1);
    if (before !== undefined && before > term) {
      throw new LogOrderError(`entry ${index} of term ${term} follows one of term ${before}`);
    }
    this.#cut(index - this.#first, this.#terms.length);
    this.#terms.push(term);
    this.#sizes.push(data.length);
    this.#segments.push(place.segment);
    this.#offsets.push(place.at);
  }

  #startAt(first: Index): void {
    this.#cut(0, this.#terms.length);
    this.#first = first;
  }

  #dropTo(index: Index): void {
    if (index < this.#first) return;
    this.#cut(0, index + 1 - this.#first);
    this.#first = index + 1;
  }

  #cut(from: number, to: number): void {
    if (from === to) return;
    for (const column of [this.#terms, this.#sizes, this.#segments, this.#offsets])
      column.splice(from, to - from);
  }
}
