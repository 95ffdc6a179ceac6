import { bind } from "../../runbooks/bind.ts";
import type { AnyRunbook } from "../../runbooks/runbook.ts";
import type { Plan } from "../../runner/plan.ts";
import { startRun } from "../../runner/start-run.ts";
import { EXIT } from "../exit-codes.ts";
import { asksFirst, confirm, declined, type Io } from "../io.ts";
import { openRun, type RunCommandOptions } from "./run-common.ts";

/** Runs a runbook as it was typed, and returns the exit code. */
export async function runRunbook(
  runbook: AnyRunbook,
  given: unknown,
  command: string,
  options: RunCommandOptions,
  io: Io,
): Promise<number> {
  const dryRun = options.dryRun ?? false;
  const asks = asksFirst(io, options.yes ?? false);
  // Nobody is there to be asked: that is said before any machine is.
  if (asks && !dryRun && !io.isInteractive) await confirm(io, `${command}?`, false);
  const { settings, context, close } = await openRun(options, io);
  const question = (plan: Plan): Promise<boolean> => {
    for (const note of plan.notes ?? []) io.err(note);
    return confirm(io, `${command} on ${context.topology.cluster}?`, false);
  };
  try {
    const runnable = bind(runbook, context, given, command);
    const result = await startRun(runnable, { ...settings, dryRun, ...(asks && { confirm: question }) });
    if (!result) return declined(io);
    return dryRun && result.steps > 0 ? EXIT.changes : EXIT.done;
  } finally {
    await close();
  }
}
