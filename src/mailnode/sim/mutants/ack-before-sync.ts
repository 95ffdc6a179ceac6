import type { Mutant } from "./mutant.ts";

export const ackBeforeSync: Mutant = {
  name: "ack-before-sync",
  bug: "Entries are acknowledged before they are on the disk.",
  file: "raft/core/replication.ts",
  replace: '  state.sendAfterPersist({\n    type: "appendResponse",',
  by: '  state.send({\n    type: "appendResponse",',
  withinSeeds: 150,
};
