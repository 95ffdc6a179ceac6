import { parseArgs } from "node:util";
import { wholeNumber } from "../common/whole-number.ts";

export interface Options {
  /** Advert intervals to compare, in milliseconds, ascending. */
  readonly intervals: readonly number[];
  /** So many adverts that nobody hears move the VIP. */
  readonly missed: number;
  /** Every round measures every interval once. */
  readonly rounds: number;
  /** Pauses of the holder, for each interval and round. */
  readonly pauses: number;
  /** Losses of power of the holder, for each interval and round: so many on busy processors, so many on idle ones. */
  readonly kills: number;
  /** Installs a Docker engine without asking where there is none. */
  readonly yes: boolean;
  /** Results of earlier runs: they are shown as one table, and nothing is measured. */
  readonly results: readonly string[];
}

/** Bounds of a run: what is larger belongs into several. */
const LIMITS = {
  intervals: [100, 10_000],
  missed: [2, 50],
  rounds: [1, 20],
  pauses: [1, 200],
  kills: [0, 20],
} as const;

/** The command line. Throws BENCH_OPTION when a number is none, or out of its bounds. */
export function parseOptions(args: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      intervals: { type: "string", default: "100,150" },
      missed: { type: "string", default: "8" },
      rounds: { type: "string", default: "3" },
      pauses: { type: "string", default: "10" },
      kills: { type: "string", default: "1" },
      yes: { type: "boolean", default: false },
    },
  });
  const [shortest, longest] = LIMITS.intervals;
  const remedy = `give milliseconds from ${shortest} to ${longest}, with commas between`;
  const intervals = values.intervals
    .split(",")
    .map((text) => wholeNumber("intervals", text, LIMITS.intervals, remedy));
  return {
    intervals: [...new Set(intervals)].toSorted((a, b) => a - b),
    missed: wholeNumber("missed", values.missed, LIMITS.missed),
    rounds: wholeNumber("rounds", values.rounds, LIMITS.rounds),
    pauses: wholeNumber("pauses", values.pauses, LIMITS.pauses),
    kills: wholeNumber("kills", values.kills, LIMITS.kills),
    yes: values.yes,
    results: positionals,
  };
}

/** The intervals in the order of a round: each round begins with another one, so that none always comes first. */
export function orderOf(intervals: readonly number[], round: number): readonly number[] {
  const first = round % intervals.length;
  return [...intervals.slice(first), ...intervals.slice(0, first)];
}
