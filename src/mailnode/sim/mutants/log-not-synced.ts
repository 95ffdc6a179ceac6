import type { Mutant } from "./mutant.ts";

export const logNotSynced: Mutant = {
  name: "log-not-synced",
  bug: "The log is written and never synced.",
  file: "raft/log/log-writer.ts",
  replace: "    this.#file.write(this.#end, pieces);\n    this.#file.sync();",
  by: "    this.#file.write(this.#end, pieces);",
  withinSeeds: 150,
};
