import { parseArgs } from "node:util";
import { wholeNumber } from "../common/whole-number.ts";

export interface Options {
  readonly rounds: number;
  /** How long each load is measured, and how long it runs before that. */
  readonly seconds: number;
  readonly warmUpSeconds: number;
  readonly clients: readonly number[];
  /** Puts a second, at a fixed rate. */
  readonly rates: readonly number[];
  /** Kills of the leader, and again as many pauses, on each side. */
  readonly faults: number;
  /** Added to every sync in the measure with a slow disk. */
  readonly syncDelayMs: number;
  /** On the disk that is to be measured: a file system in memory has no disk. */
  readonly folder: string;
  /** Results of an earlier run: its table is shown, and nothing is measured. */
  readonly result?: string;
}

const LIMITS = {
  rounds: [1, 50],
  seconds: [1, 600],
  "warm-up": [0, 600],
  faults: [0, 200],
  "sync-delay": [1, 1000],
  clients: [1, 4096],
  rates: [1, 1000],
} as const;

/** One round of moments, to see that all of it works here: its numbers say nothing. */
const QUICK = { rounds: "1", seconds: "2", "warm-up": "1", clients: "1,64", rates: "100", faults: "2" };
const FULL = {
  rounds: "5",
  seconds: "10",
  "warm-up": "3",
  clients: "1,16,64,256",
  rates: "100,500,1000",
  faults: "20",
};

/** The command line. Throws BENCH_OPTION when a number is none, or out of its bounds. */
export function parseOptions(args: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      rounds: { type: "string" },
      seconds: { type: "string" },
      "warm-up": { type: "string" },
      clients: { type: "string" },
      rates: { type: "string" },
      faults: { type: "string" },
      "sync-delay": { type: "string", default: "5" },
      folder: { type: "string", default: "/var/tmp" },
      quick: { type: "boolean", default: false },
    },
  });
  const given = { ...(values.quick ? QUICK : FULL), ...values };
  const [result] = positionals;
  return {
    rounds: whole("rounds", given.rounds),
    seconds: whole("seconds", given.seconds),
    warmUpSeconds: whole("warm-up", given["warm-up"]),
    clients: list("clients", given.clients),
    rates: list("rates", given.rates),
    faults: whole("faults", given.faults),
    syncDelayMs: whole("sync-delay", given["sync-delay"]),
    folder: given.folder,
    ...(result !== undefined && { result }),
  };
}

function list(option: keyof typeof LIMITS, text: string): readonly number[] {
  return text.split(",").map((one) => whole(option, one));
}

function whole(option: keyof typeof LIMITS, text: string): number {
  return wholeNumber(option, text, LIMITS[option]);
}
