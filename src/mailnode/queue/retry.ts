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

/**
 * Whether a message of this age in milliseconds is given up after so many failed attempts (1 and up). The clock that made
 * it so old may have jumped, so the waits between as many attempts must come to the longest wait as well. In a life
 * without jumps they do before giveUpMs is over.
 */
export function isGivenUp(policy: RetryPolicy, ageMs: number, attempts: number): boolean {
  const waitsMs = policy.firstMs * (2 ** (attempts - 1) - 1);
  return ageMs >= policy.giveUpMs && waitsMs >= policy.longestMs;
}
