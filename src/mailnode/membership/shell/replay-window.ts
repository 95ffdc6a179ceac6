const SIZE = 4_096;

/**
 * Which numbers of one sender were seen, as far back as datagrams may overtake each other (the sliding window
 * of RFC 4303, section 3.4.3). What is older than the window counts as seen.
 */
export class ReplayWindow {
  readonly #seen = new Uint8Array(SIZE);
  #highest = -1;

  /** Whether the number is a new one; from then on it is not. */
  accept(number: number): boolean {
    if (number <= this.#highest - SIZE) return false;
    if (number > this.#highest) {
      const from = Math.max(this.#highest + 1, number - SIZE + 1);
      for (let skipped = from; skipped < number; skipped++) this.#seen[skipped % SIZE] = 0;
      this.#highest = number;
    } else if (this.#seen[number % SIZE] === 1) return false;
    this.#seen[number % SIZE] = 1;
    return true;
  }
}
