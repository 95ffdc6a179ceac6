import type { Mutant } from "./mutant.ts";

export const failedSyncTriedAgain: Mutant = {
  name: "failed-sync-tried-again",
  bug: "A sync that failed is tried again, and its success believed.",
  file: "raft/log/log-writer.ts",
  replace: "    this.#file.write(this.#end, pieces);\n    this.#file.sync();",
  by: "    this.#file.write(this.#end, pieces);\n    try {\n      this.#file.sync();\n    } catch {\n      this.#file.sync();\n    }",
  withinSeeds: 150,
};
