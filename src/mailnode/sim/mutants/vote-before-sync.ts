import type { Mutant } from "./mutant.ts";

export const voteBeforeSync: Mutant = {
  name: "vote-before-sync",
  bug: "A vote is answered before it is on the disk.",
  file: "raft/core/election.ts",
  replace: "  state.sendAfterPersist(response);",
  by: "  state.send(response);",
  withinSeeds: 150,
};
