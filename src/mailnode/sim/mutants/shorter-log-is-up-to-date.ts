import type { Mutant } from "./mutant.ts";

export const shorterLogIsUpToDate: Mutant = {
  name: "shorter-log-is-up-to-date",
  bug: "A vote is given to whoever has the same last term, however short its log is.",
  file: "raft/core/log.ts",
  replace: "return lastTerm > this.lastTerm || (lastTerm === this.lastTerm && lastIndex >= this.lastIndex);",
  by: "return lastTerm >= this.lastTerm;",
  withinSeeds: 150,
};
