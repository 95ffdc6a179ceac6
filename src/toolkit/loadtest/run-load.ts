import type { Env } from "../../support/env.ts";
import { Limiter } from "../../support/limiter.ts";
import { failureKind, type FailureKind } from "./failure.ts";
import { Histogram } from "./histogram.ts";

/** How the load comes. */
export type Pace =
  /** At fixed times, whether the earlier ones were answered or not, as from many senders that know nothing of each other. */
  | { readonly kind: "rate"; readonly perSecond: number }
  /** As fast as the answers come, from so many senders. */
  | { readonly kind: "concurrency"; readonly senders: number };

export interface LoadOptions {
  readonly pace: Pace;
  readonly durationMs: number;
  /** Of a rate: the most that are under way at a time. Those that wait for a place are late, and counted as such. */
  readonly mostAtOnce: number;
  /** Does the thing once. Rejects where it failed. */
  readonly attempt: () => Promise<void>;
  readonly env: Env;
  /** Ends the load early; what is under way is finished. */
  readonly signal: AbortSignal;
  /** Told at the end of each second. */
  readonly second: (second: Second) => void;
}

/** What ended within one second. */
export interface Second {
  /** From 1. */
  readonly number: number;
  readonly done: number;
  readonly failed: number;
  /** Milliseconds, of those that were done. */
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

export interface LoadResult {
  /** From the first beginning to the last end. */
  readonly ms: number;
  readonly latencies: Histogram;
  readonly failures: ReadonlyMap<FailureKind, number>;
  readonly seconds: readonly Second[];
  /** What the first failure of each kind said. */
  readonly examples: ReadonlyMap<FailureKind, string>;
}

/**
 * Puts a load on something and measures each answer.
 *
 * At a rate, a length begins when the thing should have begun, not when a place was free for it: otherwise a server that
 * stalls for a second would be charged with one slow answer instead of all those that had to wait (coordinated omission).
 */
export async function runLoad(options: LoadOptions): Promise<LoadResult> {
  const { env, signal, durationMs } = options;
  const begin = env.monotonic();
  const count = new Counter(env, begin, options.second);
  const ticking = new AbortController();
  const ticks = tick(env, ticking.signal, begin, count);
  try {
    const isOver = (): boolean => signal.aborted || env.monotonic() - begin >= durationMs;
    await (options.pace.kind === "rate"
      ? openLoop(options, options.pace.perSecond, begin, count)
      : closedLoop(options, options.pace.senders, isOver, count));
  } finally {
    ticking.abort();
    await ticks;
  }
  return count.result();
}

async function openLoop(
  { env, signal, durationMs, mostAtOnce, attempt }: LoadOptions,
  perSecond: number,
  begin: number,
  count: Counter,
): Promise<void> {
  const places = new Limiter(mostAtOnce);
  const running = new Set<Promise<void>>();
  const total = Math.floor((durationMs / 1000) * perSecond);
  for (let index = 0; index < total && !signal.aborted; index++) {
    const due = begin + (index * 1000) / perSecond;
    const wait = due - env.monotonic();
    if (wait > 0) await env.sleep(wait, signal).catch(() => undefined);
    if (signal.aborted) break;
    const one = places
      // What has not begun when a person ends it is not begun.
      .run(async () => (signal.aborted ? undefined : count.measure(attempt, due)))
      .finally(() => running.delete(one));
    running.add(one);
  }
  await Promise.all(running);
}

async function closedLoop(
  { env, attempt }: LoadOptions,
  senders: number,
  isOver: () => boolean,
  count: Counter,
): Promise<void> {
  const work = async (): Promise<void> => {
    while (!isOver()) await count.measure(attempt, env.monotonic());
  };
  await Promise.all(Array.from({ length: senders }, work));
}

async function tick(env: Env, signal: AbortSignal, begin: number, count: Counter): Promise<void> {
  for (let number = 1; !signal.aborted; number++) {
    await env.sleep(Math.max(0, begin + number * 1000 - env.monotonic()), signal).catch(() => undefined);
    count.endSecond(number);
  }
}

class Counter {
  readonly #env: Env;
  readonly #begin: number;
  readonly #tell: (second: Second) => void;
  readonly #all = new Histogram();
  readonly #failures = new Map<FailureKind, number>();
  readonly #examples = new Map<FailureKind, string>();
  readonly #seconds: Second[] = [];
  #present = new Histogram();
  #failed = 0;

  constructor(env: Env, begin: number, tell: (second: Second) => void) {
    this.#env = env;
    this.#begin = begin;
    this.#tell = tell;
  }

  async measure(attempt: () => Promise<void>, since: number): Promise<void> {
    try {
      await attempt();
      const ms = this.#env.monotonic() - since;
      this.#all.add(ms);
      this.#present.add(ms);
    } catch (error) {
      const kind = failureKind(error);
      this.#failures.set(kind, (this.#failures.get(kind) ?? 0) + 1);
      if (!this.#examples.has(kind)) this.#examples.set(kind, (error as Error).message);
      this.#failed++;
    }
  }

  endSecond(number: number): void {
    const [present, failed] = [this.#present, this.#failed];
    const isLast = this.#env.monotonic() - this.#begin < number * 1000;
    if (isLast && present.count === 0 && failed === 0) return;
    this.#present = new Histogram();
    this.#failed = 0;
    const second = {
      number,
      done: present.count,
      failed,
      p50: present.quantile(0.5),
      p95: present.quantile(0.95),
      p99: present.quantile(0.99),
    };
    this.#seconds.push(second);
    this.#tell(second);
  }

  result(): LoadResult {
    return {
      ms: this.#env.monotonic() - this.#begin,
      latencies: this.#all,
      failures: this.#failures,
      seconds: this.#seconds,
      examples: this.#examples,
    };
  }
}
