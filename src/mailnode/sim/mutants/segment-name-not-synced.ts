import type { Mutant } from "./mutant.ts";

export const segmentNameNotSynced: Mutant = {
  name: "segment-name-not-synced",
  bug: "A new segment of the log is used before its name is durable in the directory.",
  file: "raft/log/spare.ts",
  replace: "    this.#disk.syncDirectory(this.#directory);\n",
  by: "",
  withinSeeds: 150,
};
