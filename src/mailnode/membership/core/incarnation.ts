/** Numbers are exact up to here. At a refutation every millisecond that lasts 285,000 years. */
export const MAX_INCARNATION = Number.MAX_SAFE_INTEGER;

/**
 * Accusations of incarnations past this one are not believed: a single broken message could else accuse a
 * member of one that it has no way to overrule. It would take 34 years of a refutation every millisecond to come
 * here. Beyond, every node judges by its own probes alone.
 */
export const MAX_ACCUSED_INCARNATION = 2 ** 40;

/** How many incarnations one write to disk covers. */
export const RESERVED_BLOCK = 1_000;

/**
 * This node's own incarnation: it only grows, past everything anyone has said about this node, and never past
 * what was written down before, so that after a restart it is higher than any that was ever used.
 */
export class Incarnation {
  #value: number;
  #bound: number;
  #wanted: number;
  #asked: number;

  /** `bound` is written down already; the first incarnation is `value`. */
  constructor(value: number, bound: number) {
    if (value > bound) throw new RangeError(`incarnation ${value} is past the reserved ${bound}`);
    this.#value = value;
    this.#wanted = value;
    this.#bound = bound;
    this.#asked = bound;
  }

  get value(): number {
    return this.#value;
  }

  /** Asks for an incarnation of at least `to`. False when there is none left. */
  raise(to: number): boolean {
    if (to > MAX_INCARNATION) return false;
    this.#wanted = Math.max(this.#wanted, to);
    return true;
  }

  /** The surroundings have written down that incarnations up to `bound` may be used. */
  granted(bound: number): void {
    this.#bound = Math.max(this.#bound, bound);
  }

  /** Moves to what was asked for, as far as that is reserved; whether the incarnation is another one now. */
  advance(): boolean {
    const next = this.#wanted <= this.#bound ? this.#wanted : this.#value;
    const isNew = next !== this.#value;
    this.#value = next;
    return isNew;
  }

  /** The bound to be written down, once; asked for early, so that a refutation seldom waits for the disk. */
  takeReservation(): number | undefined {
    const isShort = this.#wanted > this.#bound - RESERVED_BLOCK / 2;
    const bound = Math.min(MAX_INCARNATION, this.#wanted + RESERVED_BLOCK);
    if (!isShort || bound <= this.#asked) return undefined;
    this.#asked = bound;
    return bound;
  }

  /** The write failed: it will be asked for again. */
  refused(): void {
    this.#asked = this.#bound;
  }
}
