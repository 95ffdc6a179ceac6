import type { Mutant } from "./mutant.ts";

export const stateTimeRunsOverElections: Mutant = {
  name: "state-time-runs-over-elections",
  bug: "The time of the state goes on over a change of leader, by clocks that cannot be compared.",
  file: "state/clock.ts",
  replace:
    "if (term > this.#record.term) this.#record = { term, first: stamp.monotonicMs, base: elapsed, elapsed };",
  by: "if (this.#record.term === 0) this.#record = { term, first: stamp.monotonicMs, base: elapsed, elapsed };",
  withinSeeds: 150,
};
