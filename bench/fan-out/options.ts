import { parseArgs } from "node:util";
import { wholeNumber } from "../common/whole-number.ts";

export interface Options {
  readonly rounds: number;
  readonly machines: number;
  /** Results of an earlier run: its table is shown, and nothing is measured. */
  readonly result?: string;
}

const LIMITS = { rounds: [1, 100], machines: [3, 100] } as const;

/** The command line. Throws BENCH_OPTION when a number is none, or out of its bounds. */
export function parseOptions(args: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      rounds: { type: "string", default: "7" },
      machines: { type: "string", default: "20" },
    },
  });
  const [result] = positionals;
  return {
    rounds: wholeNumber("rounds", values.rounds, LIMITS.rounds),
    machines: wholeNumber("machines", values.machines, LIMITS.machines),
    ...(result !== undefined && { result }),
  };
}
