import type { Mutant } from "./mutant.ts";

export const voteNotDurable: Mutant = {
  name: "vote-not-durable",
  bug: "The vote is not on the disk at all.",
  file: "raft/log/payloads.ts",
  replace: "  writeBoolean(writer, vote !== undefined);\n  if (vote !== undefined) writer.name(vote);",
  by: '  writeBoolean(writer, false);\n  if (vote === "") writer.name(vote);',
  withinSeeds: 150,
};
