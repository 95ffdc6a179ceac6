/**
 * The local health multiplier of Lifeguard (IV-A): how much this node must doubt itself. A node that is slow
 * finds others silent; it then probes more slowly and waits longer instead of accusing them.
 */
export class Awareness {
  readonly #max: number;
  #score = 0;

  /** The score stays from 0, healthy, to `max - 1`. */
  constructor(max: number) {
    this.#max = max;
  }

  get score(): number {
    return this.#score;
  }

  /** Adds to the score; negative when something went well. */
  change(by: number): void {
    this.#score = Math.min(this.#max - 1, Math.max(0, this.#score + by));
  }

  /** A time of the profile, stretched by how much this node doubts itself. */
  scale(ms: number): number {
    return ms * (this.#score + 1);
  }
}
