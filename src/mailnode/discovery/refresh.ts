import type { Logger } from "pino";
import type { Env } from "../../support/env.ts";
import type { Discovery, Endpoint } from "./endpoint.ts";

export interface RefreshOptions {
  /** Between two successful questions. */
  readonly intervalMs: number;
  /** After the first failure; doubled with each further one. */
  readonly firstRetryMs: number;
  readonly longestRetryMs: number;
}

/** Asks again and again, keeps the last good answer, and tells when it is another one. */
export class DiscoveryRefresh {
  readonly #discovery: Discovery;
  readonly #options: RefreshOptions;
  readonly #env: Env;
  readonly #log: Logger;
  readonly #tell: (endpoints: readonly Endpoint[]) => void;
  readonly #stopping = new AbortController();
  #endpoints: readonly Endpoint[] = [];
  #failures = 0;
  #loop: Promise<void> | undefined;

  /** `tell` gets each answer that differs from the one before, the first included when it has endpoints. */
  constructor(
    discovery: Discovery,
    options: RefreshOptions,
    tell: (endpoints: readonly Endpoint[]) => void,
    env: Env,
    log: Logger,
  ) {
    this.#discovery = discovery;
    this.#options = options;
    this.#tell = tell;
    this.#env = env;
    this.#log = log;
  }

  start(): void {
    this.#loop ??= this.#run();
  }

  /** Resolves when the question under way has ended; its answer is not told any more. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#loop;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await this.#ask();
      await this.#env.sleep(this.#waitMs(), signal).catch(() => undefined);
    }
  }

  async #ask(): Promise<void> {
    try {
      const endpoints = await this.#discovery.discover();
      this.#failures = 0;
      if (this.#stopping.signal.aborted || textOf(endpoints) === textOf(this.#endpoints)) return;
      this.#endpoints = endpoints;
      this.#tell(endpoints);
    } catch (error) {
      this.#failures++;
      this.#log.warn({ error: String(error), failures: this.#failures }, "peers cannot be asked for");
    }
  }

  /** Up to a quarter is left to chance, so that nodes that started together do not ask together. */
  #waitMs(): number {
    const { intervalMs, firstRetryMs, longestRetryMs } = this.#options;
    const retryMs = Math.min(longestRetryMs, firstRetryMs * 2 ** Math.min(30, this.#failures - 1));
    return (this.#failures > 0 ? retryMs : intervalMs) * (1 - this.#env.random() / 4);
  }
}

/** The same for the same endpoints in any order. */
function textOf(endpoints: readonly Endpoint[]): string {
  return endpoints
    .map(({ host, port }) => `${host} ${port}`)
    .sort()
    .join("\n");
}
