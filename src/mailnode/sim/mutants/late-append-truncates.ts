import type { Mutant } from "./mutant.ts";

export const lateAppendTruncates: Mutant = {
  name: "late-append-truncates",
  bug: "A late append cuts off entries that are good, because they are behind its own.",
  file: "raft/core/log.ts",
  replace: "    if (place < entries.length) {",
  by: "    if (place === entries.length && entries.length > 0 && this.#committed <= agreed && agreed < this.lastIndex) this.#truncateFrom(agreed + 1);\n    if (place < entries.length) {",
  withinSeeds: 150,
};
