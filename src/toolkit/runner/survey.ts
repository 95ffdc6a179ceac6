import { throwAny } from "../../support/failures.ts";
import { isPassing } from "../ssh/errors.ts";
import type { Answer } from "../steps/command.ts";
import { noPlaceholders, type RunSettings } from "./attempt.ts";
import type { Survey } from "./plan.ts";
import { Recorder } from "./recorder.ts";
import { Sender } from "./sender.ts";

/**
 * Asks every machine of the survey at once. One that cannot be reached has no answer: whether that matters is the
 * plan's to say, unless the survey needs all. The answers are in the order of the machines, whoever was quicker. A host key that changed, or a login that is refused, always matters. Throws
 * what the transport throws, of all machines together.
 */
export async function takeSurvey(
  survey: Survey,
  settings: RunSettings,
): Promise<ReadonlyMap<string, Answer>> {
  const sender = new Sender({ ...settings, recorder: new Recorder(), resolverOf: noPlaceholders });
  const failures: unknown[] = [];
  const answers = await Promise.all(
    survey.machines.map(async (machine): Promise<readonly (readonly [string, Answer])[]> => {
      const command = survey.command(machine);
      if (command.mutates) throw new Error(`the survey of ${machine} would change it`);
      try {
        return [[machine, await sender.send(machine, command)]];
      } catch (error) {
        if (survey.needsAll || !isPassing(error)) failures.push(error);
        else settings.say((error as Error).message);
        return [];
      }
    }),
  );
  throwAny(failures);
  return new Map(answers.flat());
}
