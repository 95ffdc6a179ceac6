import type { Mutant } from "./mutant.ts";

export const quorumOfUnsortedIndexes: Mutant = {
  name: "quorum-of-unsorted-indexes",
  bug: "The quorum index is taken from numbers that were not sorted.",
  file: "raft/quorum/majority.ts",
  replace: "while (place > 0 && indexes[place - 1]! > index) {",
  by: "while (place > size && indexes[place - 1]! > index) {",
  withinSeeds: 150,
};
