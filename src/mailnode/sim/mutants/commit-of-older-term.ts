import type { Mutant } from "./mutant.ts";

export const commitOfOlderTerm: Mutant = {
  name: "commit-of-older-term",
  bug: "Replicas of an entry of an earlier term are counted, and it is committed by itself (figure 3.7).",
  file: "raft/core/commit.ts",
  replace: "if (index <= log.committed || !log.holds(index, state.term)) return;",
  by: "if (index <= log.committed) return;",
  withinSeeds: 150,
};
