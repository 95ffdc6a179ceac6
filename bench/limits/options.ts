import { parseArgs } from "node:util";
import { wholeNumber } from "../common/whole-number.ts";

export interface Options {
  readonly rounds: number;
  /** Decisions in a row, of which the time is taken. */
  readonly decisions: number;
  /** Where there are many clients. */
  readonly clients: number;
  /** Results of an earlier run: its table is shown, and nothing is measured. */
  readonly result?: string;
}

/** The state holds no more clients of all limits together; those have to be got ready within half a minute. */
const LIMITS = { rounds: [1, 1000], decisions: [100, 1_000_000], clients: [2, 100_000] } as const;

/** The command line. Throws BENCH_OPTION when a number is none, or out of its bounds. */
export function parseOptions(args: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      rounds: { type: "string", default: "31" },
      decisions: { type: "string", default: "2000" },
      clients: { type: "string", default: "25000" },
    },
  });
  const [result] = positionals;
  return {
    rounds: wholeNumber("rounds", values.rounds, LIMITS.rounds),
    decisions: wholeNumber("decisions", values.decisions, LIMITS.decisions),
    clients: wholeNumber("clients", values.clients, LIMITS.clients),
    ...(result !== undefined && { result }),
  };
}
