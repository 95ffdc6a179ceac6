import type { Env } from "../../support/env.ts";

/** Why a timer ends that nobody needs: one for all, as each error that is made costs time. */
const NOT_NEEDED = new Error("all is done");

/** The time that one task has. */
export class TimeLimit {
  /** When it ends, on the monotonic clock. */
  readonly at: number;
  #over = false;
  #controller: AbortController | undefined;
  #listener: (() => void) | undefined;

  constructor(at: number) {
    this.at = at;
  }

  get over(): boolean {
    return this.#over;
  }

  /** Aborted at the end. Made when it is first asked for: most tasks are done without, and it costs more than they. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#over) this.#controller.abort();
    return this.#controller.signal;
  }

  /** Calls back at the end, at once if it has come; one listener at most. */
  onOver(listener: () => void): void {
    if (this.#over) return listener();
    this.#listener = listener;
  }

  end(): void {
    this.#over = true;
    this.#controller?.abort();
    this.#listener?.();
  }
}

/** Gives tasks a time, the same for each: so they end in the order in which they began, and one timer does for all. */
export class TimeLimits {
  readonly #env: Env;
  readonly #ms: number;
  readonly #running = new Set<TimeLimit>();
  #watching = false;
  #sleep = new AbortController();

  constructor(env: Env, ms: number) {
    this.#env = env;
    this.#ms = ms;
  }

  /** Runs a task, which has to end itself when its time is over. */
  async run<T>(task: (limit: TimeLimit) => Promise<T>): Promise<T> {
    const limit = new TimeLimit(this.#env.monotonic() + this.#ms);
    this.#running.add(limit);
    if (!this.#watching) void this.#watch();
    try {
      return await task(limit);
    } finally {
      this.#running.delete(limit);
      // It would keep the process.
      if (this.#running.size === 0) this.#sleep.abort(NOT_NEEDED);
    }
  }

  async #watch(): Promise<void> {
    this.#watching = true;
    for (let [first] = this.#running; first !== undefined; [first] = this.#running) {
      this.#sleep = new AbortController();
      await this.#env.sleep(first.at - this.#env.monotonic(), this.#sleep.signal).catch(() => undefined);
      if (this.#sleep.signal.aborted) continue;
      this.#running.delete(first);
      first.end();
    }
    this.#watching = false;
  }
}
