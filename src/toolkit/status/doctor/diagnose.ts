import type { Finding } from "../finding.ts";
import { findings, inOrder } from "../judge.ts";
import type { DeepRules, DeepView } from "./deep-view.ts";
import { fileRules } from "./rules/files.ts";
import { limitRules } from "./rules/limits.ts";
import { networkRules } from "./rules/network.ts";
import { positionRules } from "./rules/positions.ts";
import { splitBrainRules } from "./rules/split-brain.ts";
import { unitRules } from "./rules/units.ts";
import { vrrpRules } from "./rules/vrrp.ts";

const DEEP: readonly DeepRules[] = [
  unitRules,
  fileRules,
  networkRules,
  limitRules,
  vrrpRules,
  positionRules,
  splitBrainRules,
];

/** All that is wrong, by the rules of `status` and the doctor's own; about one machine alone where it is named. */
export function diagnose(view: DeepView, machine?: string): readonly Finding[] {
  const found = inOrder([...DEEP.flatMap((rules) => rules(view)), ...findings(view)]);
  return machine === undefined
    ? found
    : found.filter(({ machines }) => machines.length === 0 || machines.includes(machine));
}
