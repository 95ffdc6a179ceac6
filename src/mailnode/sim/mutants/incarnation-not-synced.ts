import type { Mutant } from "./mutant.ts";

export const incarnationNotSynced: Mutant = {
  name: "incarnation-not-synced",
  bug: "The file of used incarnations is not synced before they are used.",
  file: "membership/shell/incarnation-file.ts",
  replace: "      await file.sync();\n",
  by: "",
  withinSeeds: 150,
};
