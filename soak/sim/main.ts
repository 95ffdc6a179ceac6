import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { execa } from "execa";
import { Ledger } from "./ledger.ts";
import { runSlice } from "./run-slice.ts";

/*
 * `npm run soak:sim -- --minutes 30 [--jobs 2]`: goes on with the simulation's seeds where the ledger ends, until the
 * time is over or 100,000 seeds are done, in as many processes as there are processors. Each slice adds a line to
 * ledger.jsonl: the commit, the first seed, how many, the seconds, the hash of their hashes, and the seeds that failed
 * with the rule that they broke. The time over, or at Ctrl-C, the slices that have begun are run to their end.
 */
const LEDGER = fileURLToPath(new URL("ledger.jsonl", import.meta.url));
const SEEDS_IN_ALL = 100_000;
const SLICE = 250;
const print = (line: string): void => void process.stdout.write(`${line}\n`);

/** The commit, and whether what is run differs from it. */
async function commitNow(): Promise<string> {
  const { stdout } = await execa("git", ["describe", "--always", "--dirty", "--abbrev=12"]);
  return stdout;
}

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "30" },
    jobs: { type: "string", default: String(availableParallelism()) },
  },
});
const until = performance.now() + Number(values.minutes) * 60_000;
let stop = false;
process.once("SIGINT", () => (stop = true));
const commit = await commitNow();
const ledger = await Ledger.open(LEDGER);
let begin = ledger.next;
let failed = 0;

async function job(): Promise<void> {
  while (!stop && begin <= SEEDS_IN_ALL && performance.now() < until) {
    const from = begin;
    const seeds = Math.min(SLICE, SEEDS_IN_ALL + 1 - from);
    begin += seeds;
    const slice = await runSlice(commit, from, seeds);
    failed += slice.failures.length;
    for (const line of await ledger.add(slice)) print(line);
  }
}

await Promise.all(Array.from({ length: Number(values.jobs) }, job));
print(`${ledger.next - 1} of ${SEEDS_IN_ALL} seeds are done; ${failed} failed now`);
process.exitCode = failed === 0 ? 0 : 1;
