import { UserError } from "../../support/errors.ts";
import { neverInterrupted } from "./interruption.ts";
import type { Keeper, PlacedStep } from "./keeper.ts";
import type { Reporter } from "./reporter.ts";
import { commandLine } from "./run-step.ts";
import type { Sender } from "./sender.ts";

/**
 * Takes steps back, in the order given, one after the other. One that cannot be taken back does not keep the others
 * from it: all that can be put right is put right. Throws UNDO_FAILED with what is left for a person, and what the keeper
 * and the interruption throw.
 *
 * @param interruption asked before each step
 */
export async function undoSteps(
  placed: readonly PlacedStep[],
  sender: Sender,
  keeper: Keeper,
  reporter: Reporter,
  interruption = neverInterrupted,
): Promise<void> {
  const left: string[] = [];
  for (const one of placed) {
    interruption.check();
    if (one.step.undo) await keeper.stepUndoing(one);
    const failure = await undoStep(one, sender);
    if (failure === undefined) {
      keeper.stepUndone(one);
      if (one.step.undo) reporter.stepUndone(one.step);
    } else left.push(`on ${one.step.machine}, "${one.step.title}": ${failure}`);
  }
  if (left.length === 0) return;
  throw new UserError(
    "UNDO_FAILED",
    `this could not be taken back:\n${left.map((line) => `    ${line}`).join("\n")}`,
    "mend the cause, then mbctl abort takes back what is left",
  );
}

async function undoStep({ step }: PlacedStep, sender: Sender): Promise<string | undefined> {
  for (const command of step.undo ?? []) {
    try {
      const answer = await sender.send(step.machine, command);
      if (answer.code !== 0) return `${commandLine(command)} ended with exit code ${answer.code}`;
    } catch (error) {
      if (error instanceof UserError) return error.message;
      throw error;
    }
  }
  return undefined;
}
