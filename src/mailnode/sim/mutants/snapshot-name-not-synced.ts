import type { Mutant } from "./mutant.ts";

export const snapshotNameNotSynced: Mutant = {
  name: "snapshot-name-not-synced",
  bug: "A snapshot is named in the log before its name is durable in the directory.",
  file: "raft/log/snapshot-store.ts",
  replace: "      await this.#disk.syncDirectory(this.#directory);\n",
  by: "",
  withinSeeds: 150,
};
