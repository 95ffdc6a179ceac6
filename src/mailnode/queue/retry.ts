import type { Env } from "../../support/env.ts";

/** When to try again and when to give up, in milliseconds. */
export interface RetryPolicy {
  readonly firstMs: number;
  readonly longestMs: number;
  readonly giveUpMs: number;
}

/**
 * How long to wait after the given number of failed attempts (1 and up): doubling from firstMs to longestMs,
 * a quarter of it left to chance, so that what failed together does not come back together.
 */
export function retryDelayMs(policy: RetryPolicy, attempts: number, env: Pick<Env, "random">): number {
  const full = Math.min(policy.longestMs, policy.firstMs * 2 ** Math.min(attempts - 1, 30));
  return Math.max(1, Math.round(full * (1 - env.random() / 4)));
}
