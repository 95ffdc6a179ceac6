import { parseArgs } from "node:util";
import { UserError } from "../../src/support/errors.ts";

export interface Options {
  /** Losses of power of the machine that holds each tier. */
  readonly kills: number;
  /** Losses of power of all machines at once, each followed by one command. */
  readonly recoveries: number;
  /** Installs a Docker engine without asking where there is none. */
  readonly yes: boolean;
  /** Results of earlier runs: they are shown as one table, and nothing is measured. */
  readonly results: readonly string[];
}

/** The command line. Throws BENCH_OPTION when a number is none, or out of its bounds. */
export function parseOptions(args: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      kills: { type: "string", default: "20" },
      recoveries: { type: "string", default: "5" },
      yes: { type: "boolean", default: false },
    },
  });
  return {
    kills: whole("kills", values.kills),
    recoveries: whole("recoveries", values.recoveries),
    yes: values.yes,
    results: positionals,
  };
}

function whole(option: string, text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value <= 100) return value;
  throw new UserError(
    "BENCH_OPTION",
    `--${option} got ${JSON.stringify(text)}`,
    "give a whole number from 0 to 100",
  );
}
