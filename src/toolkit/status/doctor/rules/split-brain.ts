import { critical } from "../../finding.ts";
import { splitBrainRemedy } from "../../rules/storage.ts";
import { answersTo, type DeepRules } from "../deep-view.ts";

const SHOWN = 20;

/** The very files in split-brain, which `status` only counts. */
export const splitBrainRules: DeepRules = (view) => {
  const entries = new Set(
    answersTo(view, "split-brain").flatMap(({ answer }) =>
      answer.stdout.split("\n").filter((line) => /^(\/|<gfid:)/.test(line)),
    ),
  );
  if (entries.size === 0) return [];
  const { volume } = view.topology.storage;
  return [
    critical({
      rule: "storage-split-brain-files",
      finding: `in volume ${volume} these are in split-brain: ${[...entries].slice(0, SHOWN).join(", ")}${entries.size > SHOWN ? ` and ${entries.size - SHOWN} more` : ""}`,
      cause: "both sides of a cut were written to; only a person knows which copy is right",
      remedy: splitBrainRemedy(volume),
      evidence: [...entries].slice(0, SHOWN).map((entry) => `heal info split-brain: ${entry}`),
    }),
  ];
};
