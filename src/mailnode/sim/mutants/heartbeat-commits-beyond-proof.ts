import type { Mutant } from "./mutant.ts";

export const heartbeatCommitsBeyondProof: Mutant = {
  name: "heartbeat-commits-beyond-proof",
  bug: "A heartbeat carries the commit index of the leader, and a follower commits what it holds there, proven or not.",
  file: "raft/core/heartbeat.ts",
  replace: "    const commit = Math.min(progress.match, state.log.committed);",
  by: "    const commit = state.log.committed;",
  withinSeeds: 150,
};
