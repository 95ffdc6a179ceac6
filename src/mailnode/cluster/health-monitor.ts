import type { Env } from "../../support/env.ts";
import { Thresholds, type ThresholdOptions } from "./thresholds.ts";

export interface HealthOptions extends ThresholdOptions {
  readonly intervalMs: number;
  /** The longest one check may take; then it has failed. */
  readonly timeoutMs: number;
}

export const HEALTH_DEFAULTS: HealthOptions = {
  intervalMs: 10_000,
  timeoutMs: 5000,
  failures: 3,
  successes: 2,
};

/** Rejects when what it looks at does not work. */
export type HealthCheck = (signal: AbortSignal) => Promise<void>;

export interface CheckVerdict {
  readonly name: string;
  readonly healthy: boolean;
}

/** Looks at this node's own parts at an interval and keeps a verdict on each. */
export class HealthMonitor {
  readonly #checks: readonly {
    readonly name: string;
    readonly check: HealthCheck;
    readonly verdict: Thresholds;
  }[];
  readonly #options: HealthOptions;
  readonly #env: Env;
  readonly #listeners = new Set<(healthy: boolean) => void>();

  constructor(
    checks: Readonly<Record<string, HealthCheck>>,
    env: Env,
    options: HealthOptions = HEALTH_DEFAULTS,
  ) {
    this.#options = options;
    this.#env = env;
    this.#checks = Object.entries(checks).map(([name, check]) => ({
      name,
      check,
      verdict: new Thresholds(options),
    }));
  }

  /** Whether all checks are healthy by their thresholds. */
  get healthy(): boolean {
    return this.#checks.every(({ verdict }) => verdict.healthy);
  }

  verdicts(): readonly CheckVerdict[] {
    return this.#checks.map(({ name, verdict }) => ({ name, healthy: verdict.healthy }));
  }

  /** Calls back when the whole becomes healthy or unhealthy; gives back what ends it. */
  onChange(listener: (healthy: boolean) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Checks until the signal ends it. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.checkOnce();
      await this.#env.sleep(this.#options.intervalMs, signal).catch(() => undefined);
    }
  }

  /** One round over all checks, side by side. */
  async checkOnce(): Promise<void> {
    const before = this.healthy;
    await Promise.all(
      this.#checks.map(async ({ check, verdict }) => {
        verdict.count(await this.#succeeds(check));
      }),
    );
    if (this.healthy !== before) for (const listener of this.#listeners) listener(this.healthy);
  }

  async #succeeds(check: HealthCheck): Promise<boolean> {
    const limit = new AbortController();
    const over = this.#env.sleep(this.#options.timeoutMs, limit.signal).then(
      () => false,
      () => false,
    );
    // Within a promise: what a check throws before it has made one has failed, too.
    const done = Promise.resolve(limit.signal)
      .then(check)
      .then(
        () => true,
        () => false,
      );
    try {
      return await Promise.race([done, over]);
    } finally {
      limit.abort();
    }
  }
}
