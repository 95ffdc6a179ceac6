import { appendFile, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { execa } from "execa";
import { simulate } from "../../src/mailnode/sim/simulate.ts";
import { ruleOf } from "../../src/mailnode/sim/violation.ts";

/*
 * `npm run soak:sim -- --minutes 30`: goes on with the simulation's seeds where the ledger ends, until the time is over
 * or 100,000 seeds are done. Each slice adds a line to ledger.jsonl: the commit, the first seed, how many, the seconds,
 * the hash of their hashes, and the seeds that failed with the rule that they broke. Ctrl-C ends it after a slice.
 */
const LEDGER = fileURLToPath(new URL("ledger.jsonl", import.meta.url));
const SEEDS_IN_ALL = 100_000;
const SLICE = 250;
const print = (line: string): void => void process.stdout.write(`${line}\n`);

interface Slice {
  readonly commit: string;
  readonly from: number;
  readonly seeds: number;
  readonly seconds: number;
  readonly events: number;
  readonly hash: string;
  readonly failures: readonly { readonly seed: number; readonly rule: string }[];
}

async function ledger(): Promise<readonly Slice[]> {
  const text = await readFile(LEDGER, "utf8").catch(() => "");
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Slice);
}

/** The commit, and whether what is run differs from it. */
async function commitNow(): Promise<string> {
  const { stdout } = await execa("git", ["describe", "--always", "--dirty", "--abbrev=12"]);
  return stdout;
}

async function slice(commit: string, from: number, until: number): Promise<Slice> {
  const began = performance.now();
  const failures: { seed: number; rule: string }[] = [];
  let [seeds, events, hash] = [0, 0, 0n];
  for (; seeds < SLICE && from + seeds <= SEEDS_IN_ALL && performance.now() < until; seeds++) {
    const outcome = await simulate(from + seeds);
    events += outcome.events;
    hash = BigInt.asUintN(64, hash * 1_000_003n + BigInt(`0x${outcome.hash}`));
    if (outcome.failure) failures.push({ seed: from + seeds, rule: ruleOf(outcome.failure) });
  }
  const seconds = Math.round((performance.now() - began) / 100) / 10;
  return { commit, from, seeds, seconds, events, hash: hash.toString(16).padStart(16, "0"), failures };
}

const { values } = parseArgs({ options: { minutes: { type: "string", default: "30" } } });
const until = performance.now() + Number(values.minutes) * 60_000;
let stop = false;
process.once("SIGINT", () => (stop = true));
const commit = await commitNow();
let next = (await ledger()).reduce((most, { from, seeds }) => Math.max(most, from + seeds), 1);
let failed = 0;
while (!stop && next <= SEEDS_IN_ALL && performance.now() < until) {
  const line = await slice(commit, next, until);
  if (line.seeds === 0) break;
  await appendFile(LEDGER, `${JSON.stringify(line)}\n`);
  print(JSON.stringify(line));
  next += line.seeds;
  failed += line.failures.length;
}
print(`${next - 1} of ${SEEDS_IN_ALL} seeds are done; ${failed} failed now`);
process.exitCode = failed === 0 ? 0 : 1;
