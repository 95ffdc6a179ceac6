import { parseArgs } from "node:util";
import { UserError } from "../../src/support/errors.ts";

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
    rounds: whole("rounds", values.rounds),
    machines: whole("machines", values.machines),
    ...(result !== undefined && { result }),
  };
}

function whole(option: keyof typeof LIMITS, text: string): number {
  const [least, most] = LIMITS[option];
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new UserError(
    "BENCH_OPTION",
    `--${option} got ${JSON.stringify(text)}`,
    `give a whole number from ${least} to ${most}`,
  );
}
