/** Virtual time: events in a heap, by time and then by the order in which they were made. */
import { Heap } from "../../support/heap.ts";

/** Whose event it is: a process that may stand still, or be gone. */
export interface Owner {
  readonly alive: boolean;
  /** Its events wait until it goes on; its clocks do not. */
  readonly paused: boolean;
}

export interface Timed<O extends Owner> {
  at: number;
  order: number;
  readonly owner: O | undefined;
  /** For the trace. */
  readonly what: string;
  /** It comes over the network. */
  readonly outside: boolean;
  readonly run: () => void;
  cancelled: boolean;
}

export class Scheduler<O extends Owner> {
  readonly #heap = new Heap<Timed<O>>((a, b) => a.at - b.at || a.order - b.order);
  readonly #held = new Map<O, Timed<O>[]>();
  #now = 0;
  #order = 0;

  /** Milliseconds of true time, which no node can see. */
  get now(): number {
    return this.#now;
  }

  /** Runs something in `ms`, unless it is cancelled or its owner is gone by then. */
  after(ms: number, owner: O | undefined, what: string, run: () => void, outside = false): Timed<O> {
    const event = { at: this.#now + ms, order: this.#order++, owner, what, run, outside, cancelled: false };
    this.#heap.push(event);
    return event;
  }

  /** The next event that is to happen, with the time moved to it; undefined when none is due until `limit`. */
  next(limit: number): Timed<O> | undefined {
    for (let event = this.#heap.peek(); event !== undefined && event.at <= limit; event = this.#heap.peek()) {
      this.#heap.pop();
      this.#now = event.at;
      if (event.cancelled || event.owner?.alive === false) continue;
      if (event.owner?.paused !== true) return event;
      const held = this.#held.get(event.owner) ?? [];
      this.#held.set(event.owner, held);
      held.push(event);
    }
    this.#now = Math.max(this.#now, limit);
    return undefined;
  }

  /**
   * Its owner goes on: all that waited happens now, its timers before what came from outside, as event loops have it;
   * apart from that in its order.
   */
  release(owner: O): void {
    const held = this.#held.get(owner) ?? [];
    this.#held.delete(owner);
    for (const outside of [false, true])
      for (const event of held) {
        if (event.outside !== outside) continue;
        event.at = this.#now;
        event.order = this.#order++;
        this.#heap.push(event);
      }
  }
}
