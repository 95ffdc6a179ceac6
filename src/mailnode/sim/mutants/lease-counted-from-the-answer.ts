import type { Mutant } from "./mutant.ts";

export const leaseCountedFromTheAnswer: Mutant = {
  name: "lease-counted-from-the-answer",
  bug: "The time of a lease is counted from its answer, not from when it was asked for.",
  file: "cluster/lease-keeper.ts",
  replace: "return new HeldLease(this.#replica, this.#env, { name, token, ttlMs }, asked + safely(ttlMs));",
  by: "return new HeldLease(this.#replica, this.#env, { name, token, ttlMs }, this.#env.monotonic() - asked + asked + safely(ttlMs));",
  withinSeeds: 150,
};
