import { isDeepStrictEqual } from "node:util";
import type { Command } from "../../../../src/toolkit/steps/command.ts";
import type { Rehearsal } from "./rehearsal.ts";
import type { Sent } from "./model-machines.ts";
import { effectOf, type MetStep } from "./step-index.ts";

/** Up to this many commands a runbook is killed at each of them. */
const EACH = 60;
/** Up to this many at each one that differs from the others in more than its machine, and then at each kind of program. */
const EACH_WORDS = 200;
/** Of those that are left out every so many. */
const STRIDE = 10;

/**
 * Where a process that carries the whole run out is killed: after each command that changes something, and before it as
 * well where the one before it was another machine's or another step's. What only looks leaves nothing that could be
 * found later. Numbers count what was sent after the survey.
 */
export function points({
  sent,
  machines,
  holdsApply,
}: Rehearsal): readonly { nth: number; when: "before" | "after" }[] {
  const words = new Set(
    ownSteps({ machines, holdsApply }).flatMap(({ step }) =>
      step.commands.map((command) => `${step.machine} ${effectOf(command)}`),
    ),
  );
  const changes = [...sent.entries()].filter(
    ([, { machine, command }]) => command.mutates && words.has(`${machine} ${effectOf(command)}`),
  );
  const chosen = changes.length <= EACH ? changes : oneOfEachKind(changes, holdsApply);
  const firsts = machines.steps.all.map(({ step }) => [step.machine, step.commands[0]] as const);
  return chosen.flatMap(([nth, { machine, command }]) => {
    const begins = firsts.some(
      ([name, first]) => name === machine && isDeepStrictEqual(first?.argv, command.argv),
    );
    return [...(begins ? [{ nth, when: "before" as const }] : []), { nth, when: "after" as const }];
  });
}

/** The steps of a runbook; of one that holds an apply those that are not apply's, where there are any. */
export function ownSteps(run: Pick<Rehearsal, "machines" | "holdsApply">): readonly MetStep[] {
  const { all } = run.machines.steps;
  return run.holdsApply && !isOnlyApply(run) ? all.filter(isPlanned) : all;
}

/** Whether it is nothing but an apply, or several. */
export function isOnlyApply({ machines, holdsApply }: Pick<Rehearsal, "machines" | "holdsApply">): boolean {
  return holdsApply && !machines.steps.all.some(isPlanned);
}

function isPlanned({ phase }: MetStep): boolean {
  return phase.machines.length === 0;
}

function oneOfEachKind(
  changes: readonly (readonly [number, Sent])[],
  holdsApply: boolean,
): readonly (readonly [number, Sent])[] {
  const kindOf = changes.length <= EACH_WORDS ? wordsOf : programOf;
  const kinds = new Set<string>();
  return changes.filter(([, { command }], index) => {
    const kind = kindOf(command);
    const isNew = !kinds.has(kind);
    kinds.add(kind);
    return isNew || (!holdsApply && index % STRIDE === 0);
  });
}

function wordsOf(command: Command): string {
  return effectOf(command)
    .replaceAll(/node-\d/g, "<machine>")
    .replaceAll(/192\.168\.1\.10\d/g, "<address>");
}

/** The program with its first word, or the text of a script. */
function programOf({ argv }: Command): string {
  return argv.slice(0, argv[0] === "sh" ? 3 : 2).join(" ");
}
