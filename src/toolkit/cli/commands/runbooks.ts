import type { Command } from "commander";
import type { AnyRunbook } from "../../runbooks/runbook.ts";
import type { Io } from "../io.ts";
import { example } from "../options.ts";
import { runCommandOptions, type RunCommandOptions } from "./run-common.ts";
import { runRunbook } from "./run-runbook.ts";

/** How a runbook is typed. */
export interface RunbookCommand {
  /** Its words and positional arguments as commander writes them: "drain <machine>". */
  readonly usage: string;
  readonly runbook: AnyRunbook;
  readonly options?: readonly RunbookOption[];
  /** The runbook's arguments, from the positional ones and the options. */
  readonly read: (positional: readonly string[], options: Readonly<Record<string, unknown>>) => unknown;
  readonly examples: readonly string[];
  /** What is meant where a group's name is typed alone. */
  readonly isDefault?: boolean;
}

export interface RunbookOption {
  readonly flags: string;
  readonly description: string;
  /** May be given more than once. */
  readonly many?: boolean;
}

/** Adds the command of a runbook below `parent`. What was typed is kept word by word, for lock, journal and audit. */
export function addRunbook(
  parent: Command,
  { usage, runbook, options = [], read, examples, isDefault = false }: RunbookCommand,
  io: Io,
  end: (code: number) => void,
): void {
  const command = runCommandOptions(parent.command(usage, { isDefault }).description(runbook.summary));
  for (const { flags, description, many } of options) {
    if (many) command.option(flags, description, (value: string, all: string[] = []) => [...all, value]);
    else command.option(flags, description);
  }
  example(command, ...examples).action(async (...args: unknown[]) => {
    const positional = args.slice(0, -2).flat() as readonly string[];
    const given = args.at(-2) as RunCommandOptions & Record<string, unknown>;
    const typed = ["mbctl", runbook.name, ...positional.filter((word) => word !== undefined)].join(" ");
    end(await runRunbook(runbook, read(positional, given), typed, given, io));
  });
}
