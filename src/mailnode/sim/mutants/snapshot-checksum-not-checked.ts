import type { Mutant } from "./mutant.ts";

export const snapshotChecksumNotChecked: Mutant = {
  name: "snapshot-checksum-not-checked",
  bug: "A snapshot is taken for whole when it has an end, whatever it holds.",
  file: "raft/log/snapshot-store.ts",
  replace: "    if (!trailerOf({ bytes, crc }).equals(held))",
  by: "    if (held.length < TRAILER)",
  withinSeeds: 150,
};
