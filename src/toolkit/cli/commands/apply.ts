import type { Command } from "commander";
import { UserError } from "../../../support/errors.ts";
import { overridesFolder } from "../../bundle/load-overrides.ts";
import { apply } from "../../runbooks/apply/runbook.ts";
import { keepTheirs } from "../../runbooks/plan/keep-theirs.ts";
import type { Io } from "../io.ts";
import { example } from "../options.ts";
import { openRun, runCommandOptions, type RunCommandOptions } from "./run-common.ts";
import { runRunbook } from "./run-runbook.ts";

interface ApplyOptions extends RunCommandOptions {
  readonly overwrite?: boolean;
  readonly takeTheirs?: boolean;
}

export function addApply(program: Command, io: Io, end: (code: number) => void): void {
  const command = runCommandOptions(program.command("apply").description(apply.summary))
    .option("--overwrite", "put our files back where somebody changed them by hand")
    .option("--take-theirs", "keep what was changed by hand as overrides of the project, then apply");
  example(command, "mbctl apply --dry-run", "mbctl apply --lab --yes").action(async (options: ApplyOptions) =>
    end(await applyCommand(options, io)),
  );
}

async function applyCommand(options: ApplyOptions, io: Io): Promise<number> {
  if (options.overwrite && options.takeTheirs)
    throw new UserError(
      "APPLY_CHOICE",
      "--overwrite and --take-theirs exclude each other",
      "choose which of the two files is to stay",
    );
  if (options.takeTheirs && !options.dryRun)
    for (const file of await takeTheirs(options, io)) io.err(`kept: ${file}`);
  return runRunbook(apply, { overwrite: options.overwrite ?? false }, "mbctl apply", options, io);
}

async function takeTheirs(options: RunCommandOptions, io: Io): Promise<readonly string[]> {
  const { context, settings, target, close } = await openRun(options, io);
  try {
    return await keepTheirs(context, settings, overridesFolder(target.project));
  } finally {
    await close();
  }
}
