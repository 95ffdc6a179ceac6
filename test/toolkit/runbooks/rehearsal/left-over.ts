import type { Step } from "../../../../src/toolkit/steps/step.ts";
import type { Rehearsal } from "./rehearsal.ts";
import { effectOf, sidesOf } from "./step-index.ts";

/** Effects of steps that have an undo, and are there all the same. */
export function leftOver({ machines }: Rehearsal, steps: readonly Step[]): readonly string[] {
  const { state } = machines;
  // Where another step without an undo sends the same, nobody can say whose it is.
  const lasting = new Set(
    machines.steps.all.filter(({ step }) => !step.undo).flatMap(({ step }) => step.commands.map(effectOf)),
  );
  return steps
    .filter(({ undo }) => undo)
    .flatMap((step) => sidesOf(step)[0].filter((effect) => state[step.machine]!.includes(effect)))
    .filter((effect) => !lasting.has(effect));
}
