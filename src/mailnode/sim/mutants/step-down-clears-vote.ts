import type { Mutant } from "./mutant.ts";

export const stepDownClearsVote: Mutant = {
  name: "step-down-clears-vote",
  bug: "Who steps down within a term forgets whom it voted for.",
  file: "raft/core/roles.ts",
  replace: '  state.role = "follower";\n',
  by: '  state.role = "follower";\n  if (leader === undefined) state.vote = undefined;\n',
  withinSeeds: 150,
};
