import type { Mutant } from "./mutant.ts";

export const leaderCountsItselfEarly: Mutant = {
  name: "leader-counts-itself-early",
  bug: "The leader counts its own entries before they are on its disk; alone, it is its own quorum.",
  file: "raft/core/replication.ts",
  replace: "maybeUpdate(state.log.durable) === true",
  by: "maybeUpdate(state.log.lastIndex) === true",
  withinSeeds: 150,
};
