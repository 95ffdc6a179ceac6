import type { Signal } from "./signal.ts";

/** As long as a heartbeat may be late for one write. */
const STAY_MS = 2;

/** Of a disk that is always slower, one write in so many is waited for. */
const LONGEST_REST = 128;

/**
 * Waits for another thread's next answer, never for long: after a stay in vain the next writes are not waited for,
 * twice as many each time, until one stay is enough again.
 */
export class ShortStay {
  readonly signal: Signal;
  #taken = 0;
  #rest = 0;
  #resting = 0;

  /** `signal` is raised for each answer. */
  constructor(signal: Signal) {
    this.signal = signal;
  }

  /** An answer was taken, here or by the loop. */
  taken(): void {
    this.#taken = (this.#taken + 1) | 0;
  }

  /** Blocks until the next answer is there; false when it is not: it takes too long, or has before. */
  forNext(): boolean {
    if (this.#resting > 0) {
      this.#resting--;
      return false;
    }
    const there = this.signal.wait(this.#taken, STAY_MS) !== this.#taken;
    this.#rest = there ? 0 : Math.min(LONGEST_REST, Math.max(1, 2 * this.#rest));
    this.#resting = this.#rest;
    return there;
  }
}
