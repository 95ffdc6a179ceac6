import type { Mutant } from "./mutant.ts";

export const requestDoneTwice: Mutant = {
  name: "request-done-twice",
  bug: "A request that is sent again is done again.",
  file: "state/machine.ts",
  replace: "    if (answered) return answered;\n",
  by: "    if (answered && !answered.ok) return answered;\n",
  withinSeeds: 150,
};
