import type { Command } from "commander";
import pc from "picocolors";
import { isNothing, planChanges, type PlannedChanges } from "../../runbooks/plan/plan-changes.ts";
import { EXIT } from "../exit-codes.ts";
import type { Io } from "../io.ts";
import { example, jsonOption, targetOptions } from "../options.ts";
import { openRun, type RunCommandOptions } from "./run-common.ts";

export function addPlan(program: Command, io: Io, end: (code: number) => void): void {
  const command = program
    .command("plan")
    .description(
      "show what apply would do: every difference of every file, what was changed by hand, and the actions in order (exit code 2 when there is something)",
    );
  example(jsonOption(targetOptions(command)), "mbctl plan").action(async (options: RunCommandOptions) =>
    end(await plan(options, io)),
  );
}

async function plan(options: RunCommandOptions, io: Io): Promise<number> {
  const { context, settings, close } = await openRun({ ...options, dryRun: true }, io);
  try {
    return showPlan(await planChanges(context, settings), options, io);
  } finally {
    await close();
  }
}

/** Prints it, and returns the exit code. */
export function showPlan(
  changes: PlannedChanges,
  { json }: Pick<RunCommandOptions, "json">,
  io: Pick<Io, "out">,
): number {
  const isEmpty = isNothing(changes);
  if (json) io.out(JSON.stringify({ ok: true, changes: !isEmpty, ...changes }));
  else io.out(isEmpty ? pc.green("nothing to do: everything is as described") : planText(changes));
  return isEmpty ? EXIT.done : EXIT.changes;
}

function planText({ machines, actions }: PlannedChanges): string {
  const files = machines.flatMap(({ machine, files: ofMachine }) =>
    ofMachine.map(({ path, change, byHand, diff }) => {
      const sign = { added: pc.green("+"), changed: pc.yellow("~"), removed: pc.red("-") }[change];
      const hand = byHand ? pc.red("  changed by hand since the last apply") : "";
      return [`${sign} ${pc.bold(machine)}  ${path}${hand}`, ...(diff === "" ? [] : [coloured(diff)])].join(
        "\n",
      );
    }),
  );
  const steps = actions.map(({ machine, title }, index) => `${index + 1}. ${pc.bold(machine)}  ${title}`);
  const title = actions.length === 1 ? "1 action:" : `${actions.length} actions, in this order:`;
  return [...files, title, ...steps].join("\n");
}

function coloured(diff: string): string {
  return diff
    .trimEnd()
    .split("\n")
    .map(
      (line) => `    ${line.startsWith("+") ? pc.green(line) : line.startsWith("-") ? pc.red(line) : line}`,
    )
    .join("\n");
}
