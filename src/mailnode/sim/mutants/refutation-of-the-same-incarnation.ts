import type { Mutant } from "./mutant.ts";

export const refutationOfTheSameIncarnation: Mutant = {
  name: "refutation-of-the-same-incarnation",
  bug: "A member answers an accusation without a higher incarnation.",
  file: "membership/core/self.ts",
  replace: "this.#raise(evidence.incarnation + 1);",
  by: "this.#raise(evidence.incarnation);",
  withinSeeds: 150,
};
