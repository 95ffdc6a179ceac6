import type { Command } from "commander";
import { UserError } from "../../../support/errors.ts";
import { openTarget } from "../../project/target.ts";
import { loadOwnRunbooks } from "../../runbooks/own/load.ts";
import { findRunbook } from "../../runbooks/registry.ts";
import { EXIT } from "../exit-codes.ts";
import type { Io } from "../io.ts";
import { example } from "../options.ts";
import { runCommandOptions, type RunCommandOptions } from "./run-common.ts";
import { runRunbook } from "./run-runbook.ts";

interface RunOptions extends RunCommandOptions {
  readonly set?: readonly string[];
}

export function addRun(program: Command, io: Io, end: (code: number) => void): void {
  const command = runCommandOptions(
    program
      .command("run [runbook]")
      .description(
        "run a runbook of the project's own, from its folder runbooks/; without a name, list them",
      ),
  ).option("--set <argument...>", 'an argument of it, "machine=node-2"');
  example(command, "mbctl run rotate-logs --set machine=node-2 --dry-run").action(
    async (name: string | undefined, options: RunOptions) => end(await runOwn(name, options, io)),
  );
}

async function runOwn(name: string | undefined, options: RunOptions, io: Io): Promise<number> {
  const { project } = await openTarget(options, io.environment);
  const own = await loadOwnRunbooks(project);
  if (own.length === 0)
    throw new UserError(
      "RUNBOOK_UNKNOWN",
      `there are no runbooks in ${project}/runbooks`,
      "put a module there that exports one: see docs/reference/own-runbooks.md",
    );
  if (name === undefined) {
    io.out(own.map((runbook) => `${runbook.name}  ${runbook.summary}`).join("\n"));
    return EXIT.done;
  }
  const runbook = findRunbook(name, own);
  const given = Object.fromEntries((options.set ?? []).map(argumentOf));
  return runRunbook(runbook, given, ["mbctl run", name, ...(options.set ?? [])].join(" "), options, io);
}

function argumentOf(text: string): readonly [string, string] {
  const equals = text.indexOf("=");
  if (equals > 0) return [text.slice(0, equals), text.slice(equals + 1)];
  throw new UserError("RUNBOOK_ARGUMENTS", `${JSON.stringify(text)} is no argument`, 'write "name=value"');
}
