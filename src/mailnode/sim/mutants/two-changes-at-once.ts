import type { Mutant } from "./mutant.ts";

export const twoChangesAtOnce: Mutant = {
  name: "two-changes-at-once",
  bug: "The members are changed again before the last change is committed.",
  file: "raft/core/membership.ts",
  replace: '  if (state.log.membershipIndex > state.log.committed) return "in-flight";\n',
  by: "",
  withinSeeds: 150,
};
