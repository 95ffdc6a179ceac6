import type { Mutant } from "./mutant.ts";

export const incarnationBeginsAnew: Mutant = {
  name: "incarnation-begins-anew",
  bug: "A node that starts again takes an incarnation that it has used before.",
  file: "membership/shell/gossip.ts",
  replace: "const incarnation = Math.max(1, kept ?? 1);",
  by: "const incarnation = 1;",
  withinSeeds: 150,
};
