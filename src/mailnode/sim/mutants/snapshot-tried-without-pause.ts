import type { Mutant } from "./mutant.ts";

export const snapshotTriedWithoutPause: Mutant = {
  name: "snapshot-tried-without-pause",
  bug: "A snapshot that did not get through is offered again at once, for ever.",
  file: "raft/tracker/progress.ts",
  replace: "    this.becomeProbe();\n    this.probeSent = true;",
  by: "    this.becomeProbe();",
  withinSeeds: 150,
};
