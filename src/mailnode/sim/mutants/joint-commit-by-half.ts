import type { Mutant } from "./mutant.ts";

export const jointCommitByHalf: Mutant = {
  name: "joint-commit-by-half",
  bug: "The outgoing half of a joint membership has no say in what is committed.",
  file: "raft/quorum/joint.ts",
  replace:
    "return Math.min(majorityCommitted(this.incoming, acked), majorityCommitted(this.outgoing, acked));",
  by: "return majorityCommitted(this.incoming, acked);",
  withinSeeds: 300,
};
