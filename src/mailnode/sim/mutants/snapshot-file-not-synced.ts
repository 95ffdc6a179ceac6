import type { Mutant } from "./mutant.ts";

export const snapshotFileNotSynced: Mutant = {
  name: "snapshot-file-not-synced",
  bug: "A snapshot is named in the log before its bytes are durable.",
  file: "raft/log/snapshot-store.ts",
  replace: "    await orFail(this.#file.sync());\n",
  by: "",
  withinSeeds: 150,
};
