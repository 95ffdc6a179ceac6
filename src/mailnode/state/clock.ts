import type { Stamp } from "./envelope.ts";

/** How wrong a clock's rate may be, on either side, without breaking a promise: 500 in a million, what NTP slews at most. */
export const DRIFT = 1 / 2000;

/** The time in which a promise of `ms` may be relied on by the one who holds it, counted from before it was asked for. */
export function safely(ms: number): number {
  return Math.floor(ms * (1 - DRIFT));
}

export interface ClockRecord {
  readonly term: number;
  /** The leader's monotonic clock at its first entry of the term. */
  readonly first: number;
  readonly base: number;
  readonly elapsed: number;
}

/**
 * The time of the replicated state: milliseconds that have surely passed, the same on every replica.
 *
 * It moves by what one leader's monotonic clock measured between two entries of its term, and stands still over a
 * change of leader, as clocks of two machines cannot be compared. So it never runs ahead of real time, whatever
 * wall clocks say, and a lease that has ended here has ended for its holder before. (A leader that is paused
 * loses nothing: monotonic clocks run on.)
 */
export class StateClock {
  #record: ClockRecord = { term: 0, first: 0, base: 0, elapsed: 0 };

  get elapsed(): number {
    return this.#record.elapsed;
  }

  /** Takes an entry's stamp; one that was never stamped moves nothing. */
  advance(term: number, stamp: Stamp): void {
    const { elapsed } = this.#record;
    if (stamp.wallMs === 0) return;
    if (term > this.#record.term) this.#record = { term, first: stamp.monotonicMs, base: elapsed, elapsed };
    const { first, base } = this.#record;
    // One millisecond less: both ends of the measured time were cut to whole ones.
    const passed = base + safely(stamp.monotonicMs - first) - 1;
    if (passed > elapsed) this.#record = { ...this.#record, elapsed: passed };
  }

  dump(): ClockRecord {
    return this.#record;
  }

  load(record: ClockRecord): void {
    this.#record = record;
  }
}
