import type { Env } from "../../support/env.ts";
import { safely } from "../state/clock.ts";
import { Refused, type Replica } from "./replica.ts";

/** A lease in this node's hands. */
export interface Lease {
  readonly name: string;
  /** Show it to whatever the lease guards: that refuses a smaller one than it has seen. */
  readonly token: number;
  /**
   * Whether it is surely still ours, by this node's own clock: counted from before it was asked for, so that it
   * ends here before anyone else can have it. A pause after the answer is what the token is for.
   */
  isHeld(): boolean;
  /** Throws Refused with LEASE_LOST when somebody else may have it, and like Replica.perform. */
  renew(): Promise<void>;
  /** Gives it back; says nothing when it is lost already. */
  release(): Promise<void>;
  /** Renews it until the signal ends that or it is lost; resolves with which, no later than `isHeld` says so. */
  keep(signal: AbortSignal): Promise<"ended" | "lost">;
}

/** Takes leases from the replicated state. */
export class LeaseKeeper {
  readonly #replica: Replica;
  readonly #env: Env;

  constructor(replica: Replica, env: Env) {
    this.#replica = replica;
    this.#env = env;
  }

  /** Throws Refused with LEASE_HELD while somebody else has it, and like Replica.perform. */
  async acquire(name: string, ttlMs: number, holder = this.#replica.id): Promise<Lease> {
    const asked = this.#env.monotonic();
    const { token } = await this.#replica.perform<"lease.acquire">({
      type: "lease.acquire",
      name,
      holder,
      ttlMs,
    });
    return new HeldLease(this.#replica, this.#env, { name, token, ttlMs }, asked + safely(ttlMs));
  }
}

class HeldLease implements Lease {
  readonly name: string;
  readonly token: number;
  readonly #replica: Replica;
  readonly #env: Env;
  readonly #ttlMs: number;
  #deadline: number;
  #isReleased = false;

  constructor(
    replica: Replica,
    env: Env,
    lease: { readonly name: string; readonly token: number; readonly ttlMs: number },
    deadline: number,
  ) {
    this.name = lease.name;
    this.token = lease.token;
    this.#ttlMs = lease.ttlMs;
    this.#replica = replica;
    this.#env = env;
    this.#deadline = deadline;
  }

  isHeld(): boolean {
    return this.#env.monotonic() < this.#deadline;
  }

  renew(): Promise<void> {
    return this.#renew(() => true);
  }

  async release(): Promise<void> {
    this.#isReleased = true;
    this.#deadline = -Infinity;
    const { name, token } = this;
    try {
      await this.#replica.perform<"lease.release">({ type: "lease.release", name, token });
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
    }
  }

  async keep(signal: AbortSignal): Promise<"ended" | "lost"> {
    for (;;) {
      await this.#env.sleep(this.#ttlMs / 3, signal).catch(() => undefined);
      if (signal.aborted) return "ended";
      const isLost = await this.#loses(signal);
      if (signal.aborted) return "ended";
      if (isLost) this.#deadline = -Infinity;
      if (!this.isHeld()) return "lost";
    }
  }

  /** Renews it once, and waits for that until its time is over or the signal ends it. True: it is another's by now. */
  async #loses(signal: AbortSignal): Promise<boolean> {
    const done = new AbortController();
    let isLate = false;
    const over = this.#env
      .sleep(this.#deadline - this.#env.monotonic(), AbortSignal.any([signal, done.signal]))
      .then(
        () => (isLate = true),
        () => false,
      );
    // Every other failure is tried again until the time is over.
    const renewed = this.#renew(() => !isLate).then(
      () => false,
      (error: unknown) => error instanceof Refused && error.refusal.code === "LEASE_LOST",
    );
    try {
      return await Promise.race([renewed, over]);
    } finally {
      done.abort();
    }
  }

  /** @param counts whether anybody still goes by the answer when it comes: what was called lost stays so */
  async #renew(counts: () => boolean): Promise<void> {
    const asked = this.#env.monotonic();
    const { name, token } = this;
    await this.#replica.perform<"lease.renew">({ type: "lease.renew", name, token, ttlMs: this.#ttlMs });
    if (!this.#isReleased && counts()) this.#deadline = asked + safely(this.#ttlMs);
  }
}
