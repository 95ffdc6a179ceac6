import type { Mutant } from "./mutant.ts";

export const damageTakenForTornTail: Mutant = {
  name: "damage-taken-for-torn-tail",
  bug: "Damage in the middle of the log is taken for a write that was interrupted, and the rest is cut off.",
  file: "raft/log/scan.ts",
  replace: '    return { verdict: "corrupt", end: at, reason };\n  }\n  if (neverWritten',
  by: '    return { verdict: "torn", end: at, reason };\n  }\n  if (neverWritten',
  withinSeeds: 150,
};
