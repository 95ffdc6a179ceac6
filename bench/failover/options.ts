import { parseArgs } from "node:util";
import { wholeNumber } from "../common/whole-number.ts";

export interface Options {
  /** Losses of power of the machine that holds each tier. */
  readonly kills: number;
  /** Losses of power of all machines at once, each followed by one command: so many with the saved view, and without. */
  readonly recoveries: number;
  /** Installs a Docker engine without asking where there is none. */
  readonly yes: boolean;
  /** Results of earlier runs: they are shown as one table, and nothing is measured. */
  readonly results: readonly string[];
}

const LIMITS = [0, 100] as const;

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
    kills: wholeNumber("kills", values.kills, LIMITS),
    recoveries: wholeNumber("recoveries", values.recoveries, LIMITS),
    yes: values.yes,
    results: positionals,
  };
}
