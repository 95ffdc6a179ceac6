import type { MemberId } from "./types.ts";

export interface SuspicionTimes {
  readonly minMs: number;
  readonly maxMs: number;
  /** Confirmations that bring the time from maxMs down to minMs. */
  readonly wanted: number;
}

/**
 * A suspicion against one incarnation of a member. It lasts the longer, the fewer others confirm it
 * (Lifeguard, IV-B): an accuser alone is more often the one that is ill.
 */
export class Suspicion {
  readonly #times: SuspicionTimes;
  readonly #accusers = new Set<MemberId>();
  #startedAt: number;
  #isCondemned = false;

  constructor(accuser: MemberId, times: SuspicionTimes, now: number) {
    this.#times = times;
    this.#startedAt = now;
    this.#accusers.add(accuser);
  }

  /** Whether this accuser is a new one that still counts, and so is worth passing on. */
  confirm(accuser: MemberId): boolean {
    if (this.#accusers.size > this.#times.wanted || this.#accusers.has(accuser)) return false;
    this.#accusers.add(accuser);
    return true;
  }

  /** Somebody's own suspicion has run out: ours now lasts its shortest time, and the member still has that. */
  condemn(): void {
    this.#isCondemned = true;
  }

  /** Moves it by a time in which this node was not running. */
  postpone(ms: number): void {
    this.#startedAt += ms;
  }

  /** When the member is to be declared dead: `max - (max - min) * log(c + 1) / log(wanted + 1)` after the start. */
  get deadline(): number {
    const { minMs, maxMs, wanted } = this.#times;
    if (this.#isCondemned || wanted === 0) return this.#startedAt + minMs;
    const part = Math.log(this.#accusers.size) / Math.log(wanted + 1);
    return this.#startedAt + Math.max(minMs, maxMs - (maxMs - minMs) * part);
  }
}
