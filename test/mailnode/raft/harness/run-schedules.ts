/**
 * Runs random schedules, from one seed to another, each to its end, and prints how often what happened:
 *
 *     node test/mailnode/raft/harness/run-schedules.ts 1 600
 *
 * A process of its own, as the same code takes ten times as long inside a test runner's sandbox. It stops at the
 * first seed that breaks a rule, with exit code 1; that seed alone breaks it again.
 */
import { RandomCluster } from "./random-cluster.ts";

const EVENTS = 4000;

const [first = 1, last = 1] = process.argv.slice(2).map(Number);
const total: Record<string, number> = {};
for (let seed = first; seed <= last; seed++) {
  const cluster = new RandomCluster(seed);
  try {
    for (let event = 0; event < EVENTS; event++) cluster.event();
    cluster.settle();
  } catch (error) {
    process.stderr.write(`seed ${seed}: ${error instanceof Error ? (error.stack ?? "") : String(error)}\n`);
    process.exit(1);
  }
  for (const [name, count] of Object.entries(cluster.counts)) total[name] = (total[name] ?? 0) + count;
}
process.stdout.write(`${JSON.stringify(total)}\n`);
