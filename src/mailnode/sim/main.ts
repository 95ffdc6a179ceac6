/**
 * `npm run sim -- --seeds 300 [--from 1] [--seed 17 --trace] [--mutant name] [--json] [--all]`: runs seeds one after the
 * other and stops at the first that fails, with what it was like and the command that repeats it; with --all it goes
 * on to the last. Exit code 1 when one failed.
 */
import { parseArgs } from "node:util";
import { failureReport } from "./report.ts";
import { plant } from "./plant.ts";
import { ruleOf } from "./violation.ts";

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "300" },
    from: { type: "string", default: "1" },
    seed: { type: "string" },
    trace: { type: "boolean", default: false },
    mutant: { type: "string" },
    json: { type: "boolean", default: false },
    all: { type: "boolean", default: false },
  },
});

const print = (line: string): void => void process.stdout.write(`${line}\n`);
if (values.mutant !== undefined) await plant(values.mutant);
// Loaded only now: a mutant is planted in what is loaded after it.
const { simulate } = await import("./simulate.ts");

const from = Number(values.seed ?? values.from);
const count = values.seed === undefined ? Number(values.seeds) : 1;
const began = performance.now();
let failed = 0;
const totals: Record<string, number> = { events: 0, "virtual seconds": 0 };
for (let seed = from; seed < from + count; seed++) {
  const outcome = await simulate(seed, values.trace ? print : undefined);
  totals.events! += outcome.events;
  totals["virtual seconds"]! += outcome.virtualMs / 1000;
  for (const [what, times] of Object.entries(outcome.counts)) totals[what] = (totals[what] ?? 0) + times;
  const { failure, hash, events } = outcome;
  if (values.json)
    print(JSON.stringify({ seed, hash, events, ...(failure && { failure: ruleOf(failure) }) }));
  if (failure === undefined) continue;
  if (!values.json) print(failureReport(seed, outcome, failure, values.mutant));
  failed++;
  if (!values.all) break;
}
process.exitCode = failed === 0 ? 0 : 1;
if (!values.json && failed === 0) {
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  const what = Object.entries(totals).map(([name, times]) => `${Math.round(times)} ${name}`);
  print(`${count} seeds from ${from} hold, in ${seconds} s: ${what.join(", ")}`);
}
