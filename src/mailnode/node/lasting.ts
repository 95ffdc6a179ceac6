/** Tells what has held without a break for long enough: evidence that flickers is none. */
export class Lasting {
  readonly #forMs: number;
  readonly #since = new Map<string, number>();

  constructor(forMs: number) {
    this.#forMs = forMs;
  }

  /** Takes what holds at this moment, and gives what of it has held long enough. */
  look(holds: readonly string[], now: number): readonly string[] {
    for (const key of this.#since.keys()) if (!holds.includes(key)) this.#since.delete(key);
    for (const key of holds) if (!this.#since.has(key)) this.#since.set(key, now);
    return holds.filter((key) => now - this.#since.get(key)! >= this.#forMs);
  }
}
