import type { Logger } from "pino";
import type { Env } from "../../support/env.ts";

/** No or a wrong token, too many of these from an address, and an account whose role does not suffice. */
export type Refusal = "unauthenticated" | "too-many-requests" | "forbidden";

/** Whoever tries tokens must not fill the disk: between two lines of the log so much time passes. */
const SAY_MS = 60_000;

/** Counts the requests of those who may not, and tells of them. */
export class Refusals {
  readonly #env: Pick<Env, "monotonic">;
  readonly #log: Logger;
  readonly #counts: Record<Refusal, number> = { unauthenticated: 0, "too-many-requests": 0, forbidden: 0 };
  #unsaid = 0;
  #saidAt = -Infinity;

  constructor(env: Pick<Env, "monotonic">, log: Logger) {
    this.#env = env;
    this.#log = log;
  }

  /** `who`: of the newest one, for the log; what was refused since the line before is in its `count`. */
  add(reason: Refusal, who: { readonly from: string | undefined; readonly actor?: string }): void {
    this.#counts[reason]++;
    this.#unsaid++;
    const now = this.#env.monotonic();
    if (now - this.#saidAt < SAY_MS) return;
    this.#log.warn({ reason, ...who, count: this.#unsaid }, "requests of somebody who may not were refused");
    this.#saidAt = now;
    this.#unsaid = 0;
  }

  /** Since the node was started. */
  figures(): Readonly<Record<Refusal, number>> {
    return { ...this.#counts };
  }
}
