import type { Mutant } from "./mutant.ts";

export const readBeforeFirstCommit: Mutant = {
  name: "read-before-first-commit",
  bug: "A new leader answers reads before it has committed an entry of its term: stale reads.",
  file: "raft/core/readindex.ts",
  replace: "if (reads.waiting === 0 || !state.committedInTerm) return false;",
  by: "if (reads.waiting === 0) return false;",
  withinSeeds: 150,
};
