import type { Command } from "commander";
import { Duration } from "../../../support/duration.ts";
import { drain } from "../../runbooks/drain/drain.ts";
import { undrain } from "../../runbooks/drain/undrain.ts";
import type { Io } from "../io.ts";
import { addRunbook, type RunbookOption } from "./runbooks.ts";
import { readSessionOptions, sessionOptions } from "./session-options.ts";

/** What everything takes that begins with a drain. */
export const drainOptions: readonly RunbookOption[] = [
  ...sessionOptions,
  {
    flags: "--handover-timeout <time>",
    description:
      'how long sessions through the bearer of the VIP may take to end before it moves (default: "20s")',
  },
  { flags: "--force", description: "go on although a reason speaks against it that a person may overrule" },
];

export const undrainOptions: readonly RunbookOption[] = [
  { flags: "--force", description: "also what somebody else has drained" },
];

/** The arguments of a drain. Throws DURATION_UNREADABLE. */
export function readDrain(
  [machine]: readonly string[],
  options: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const { handoverTimeout, force } = options;
  return {
    machine,
    ...readSessionOptions(options),
    ...(handoverTimeout !== undefined && { handoverMs: Duration.parse(handoverTimeout as string).ms }),
    ...(force !== undefined && { force }),
  };
}

export function readUndrain(
  [machine]: readonly string[],
  { force }: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  return { machine, ...(force !== undefined && { force }) };
}

export function addDrain(program: Command, io: Io, end: (code: number) => void): void {
  const command = {
    usage: "drain <machine>",
    runbook: drain,
    options: drainOptions,
    read: readDrain,
    examples: ['mbctl drain node-2 --reason "a new disk"', "mbctl drain node-2 --timeout 2m --end-sessions"],
  };
  addRunbook(program, command, io, end);
}

export function addUndrain(program: Command, io: Io, end: (code: number) => void): void {
  const command = {
    usage: "undrain <machine>",
    runbook: undrain,
    options: undrainOptions,
    read: readUndrain,
    examples: ["mbctl undrain node-2"],
  };
  addRunbook(program, command, io, end);
}
