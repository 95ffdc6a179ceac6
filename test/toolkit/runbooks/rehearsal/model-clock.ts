import type { Env } from "../../../../src/support/env.ts";

/**
 * Time that passes only while somebody waits for a gate. The hearts of locks beat in it; that of a process that died
 * does not, as what it sends goes nowhere.
 */
export class ModelClock {
  #now = 0;
  readonly #timers = new Set<{ readonly at: number; readonly ring: () => void }>();

  get now(): number {
    return this.#now;
  }

  /** Lets this many milliseconds pass. */
  async pass(ms: number): Promise<void> {
    this.#now += ms;
    const due = [...this.#timers].filter(({ at }) => at <= this.#now);
    for (const timer of due) {
      this.#timers.delete(timer);
      timer.ring();
    }
    if (due.length > 0) await new Promise((resolve) => void setImmediate(resolve));
  }

  env(): Env {
    return {
      now: () => 1_795_370_400_000 + this.#now,
      monotonic: () => this.#now,
      random: () => 0.5,
      sleep: (ms, signal) => (signal ? this.#wait(ms, signal) : this.pass(ms)),
    };
  }

  #wait(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted) return resolve();
      this.#timers.add({ at: this.#now + ms, ring: resolve });
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
  }
}
