/** Longer ones are not kept, and seldom come twice. */
const MAX_LENGTH = 40;

/**
 * Short strings that were read before, by their bytes: to find one again costs a tenth of what it costs to make it,
 * and a string that is the same object each time is quickly found among the fields of a record. Each has one slot,
 * where the next one of the same mark takes its place: so the room is bounded whatever is read.
 */
export class SeenStrings {
  readonly #slots: (string | undefined)[];

  constructor(slots: number) {
    this.#slots = new Array<string | undefined>(slots).fill(undefined);
  }

  /** The string of these bytes of `from`, if it was kept. Only those of one byte a character are found. */
  find(from: Uint8Array, start: number, end: number): string | undefined {
    const length = end - start;
    const seen = length <= MAX_LENGTH ? this.#slots[this.#slotOf(from, start, end)] : undefined;
    if (seen?.length !== length) return undefined;
    for (let i = 0; i < length; i++) if (seen.charCodeAt(i) !== from[start + i]) return undefined;
    return seen;
  }

  keep(from: Uint8Array, start: number, end: number, text: string): void {
    const length = end - start;
    // As many characters as bytes: each is one byte, and stands for itself.
    if (length <= MAX_LENGTH && text.length === length) this.#slots[this.#slotOf(from, start, end)] = text;
  }

  #slotOf(from: Uint8Array, start: number, end: number): number {
    if (start === end) return 0;
    const mark = (end - start) * 31 + from[start]! * 7 + from[(start + end) >> 1]! * 3 + from[end - 1]!;
    return mark % this.#slots.length;
  }
}
