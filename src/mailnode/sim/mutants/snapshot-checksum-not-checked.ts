import type { Mutant } from "./mutant.ts";

export const snapshotChecksumNotChecked: Mutant = {
  name: "snapshot-checksum-not-checked",
  bug: "A snapshot is taken for whole when it has an end, whatever it holds.",
  file: "raft/log/snapshot-store.ts",
  replace: "    if (!whole || whole.u64() !== bytes || whole.u32() !== crc)",
  by: "    if (!whole)",
  withinSeeds: 150,
};
