import type { Env } from "../../support/env.ts";

/** So many failures at once, and then one in so long. */
const BURST = 10;
const REFILL_MS = 6_000;
/** Beyond this many addresses, the one that was heard of longest ago is forgotten. */
const MAX_ADDRESSES = 10_000;

/** Counts failed proofs by address, so that guessing costs neither the processor nor the log much. */
export class FailureLimit {
  readonly #env: Pick<Env, "monotonic">;
  /** When all failures of an address will be forgiven. */
  readonly #paidAt = new Map<string, number>();

  constructor(env: Pick<Env, "monotonic">) {
    this.#env = env;
  }

  /** Counts a failure; gives 0, or the milliseconds after which this address has another one free. */
  failed(address: string): number {
    const now = this.#env.monotonic();
    const paidAt = Math.max(now, this.#paidAt.get(address) ?? now) + REFILL_MS;
    const overMs = paidAt - now - BURST * REFILL_MS;
    if (overMs > 0) return Math.ceil(overMs);
    this.#paidAt.delete(address);
    this.#paidAt.set(address, paidAt);
    if (this.#paidAt.size > MAX_ADDRESSES) this.#paidAt.delete(this.#paidAt.keys().next().value!);
    return 0;
  }
}
