import type { Env } from "../../../src/support/env.ts";
import { seeded } from "../fixtures/random.ts";

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly owner: string | undefined;
  readonly fire: () => void;
}

export interface ClockFaults {
  /** How far the wall clock is off. */
  readonly skewMs?: number;
  /** Where the monotonic clock began. */
  readonly originMs?: number;
  /** How fast the monotonic clock runs; 1 is right. */
  readonly rate?: number;
}

/** True time for several nodes, each with a clock of its own; moves only when it is told to. */
export class VirtualTime {
  #now = 0;
  #order = 0;
  #timers: Timer[] = [];
  readonly #paused = new Set<string>();
  readonly #random: () => number;

  constructor(seed = 1) {
    this.#random = seeded(seed);
  }

  /** Milliseconds since the beginning, which no node can see. */
  get now(): number {
    return this.#now;
  }

  random(): number {
    return this.#random();
  }

  /** Calls `fire` in `ms`; not while its owner is paused, but at once when he goes on. */
  schedule(ms: number, fire: () => void, owner?: string): () => void {
    const timer = { at: this.#now + ms, order: this.#order++, owner, fire };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** Stops a node's timers, as SIGSTOP does; its clocks run on. */
  pause(node: string): void {
    this.#paused.add(node);
  }

  resume(node: string): void {
    this.#paused.delete(node);
  }

  isPaused(node: string): boolean {
    return this.#paused.has(node);
  }

  env(node: string, { skewMs = 0, originMs = 0, rate = 1 }: ClockFaults = {}): Env {
    return {
      now: () => 1_700_000_000_000 + this.#now + skewMs,
      monotonic: () => originMs + this.#now * rate,
      random: () => this.#random(),
      sleep: (ms, signal) =>
        new Promise((resolve, reject) => {
          if (signal?.aborted) {
            reject(signal.reason as Error);
            return;
          }
          const end = (): void => {
            cancel();
            reject(signal!.reason as Error);
          };
          const cancel = this.schedule(
            ms / rate,
            () => {
              signal?.removeEventListener("abort", end);
              resolve();
            },
            node,
          );
          signal?.addEventListener("abort", end, { once: true });
        }),
    };
  }

  /** Lets `ms` pass: every timer in its order, and all that follows from it, before the next. */
  async pass(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settle();
    for (;;) {
      const next = this.#next(end);
      if (!next) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.#now = Math.max(this.#now, next.at);
      next.fire();
      await settle();
    }
    this.#now = end;
  }

  /** Lets time pass until the promise is settled, and gives what it gives. */
  async until<T>(promise: Promise<T>, limitMs = 60_000): Promise<T> {
    let settled = false;
    const done = promise.finally(() => {
      settled = true;
    });
    done.catch(() => undefined);
    for (const end = this.#now + limitMs; !settled && this.#now < end;) await this.pass(1);
    if (!settled) throw new Error(`nothing came within ${limitMs} ms of virtual time`);
    return done;
  }

  #next(end: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.at > end || (timer.owner !== undefined && this.#paused.has(timer.owner))) continue;
      if (!next || timer.at < next.at || (timer.at === next.at && timer.order < next.order)) next = timer;
    }
    return next;
  }
}

/** Lets every promise that can go on do so. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
