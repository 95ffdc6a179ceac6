import type { Mutant } from "./mutant.ts";

export const entryChecksumNotChecked: Mutant = {
  name: "entry-checksum-not-checked",
  bug: "The checksum of a record in the log is not checked, only that of its header.",
  file: "raft/log/record.ts",
  replace:
    '  if (end > file.length || crc32c(file, headerCrc, start + RECORD_HEADER, end) !== crc) return "payload";',
  by: '  if (end > file.length) return "payload";',
  withinSeeds: 150,
};
