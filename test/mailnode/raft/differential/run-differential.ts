/**
 * Runs random schedules through the core and the oracle, from one seed to another, and prints how often what
 * happened, as JSON; with the name of a mutant, of the simulation or of mutants.ts, the core has that bug:
 *
 *     node test/mailnode/raft/differential/run-differential.ts 1 400 [mutant]
 *
 * A process of its own, because bugs are planted while the source is loaded, and as code runs many times slower in a
 * test runner's sandbox. It stops at the first seed that shows a difference, with exit code 1: the schedule and the
 * difference are on standard error, and that seed alone shows it again.
 */
import { plant } from "../../../../src/mailnode/sim/plant.ts";
import { MUTANTS } from "./mutants.ts";

const [first = "1", last = "1", mutant] = process.argv.slice(2);
if (mutant !== undefined) await plant(mutant, MUTANTS);
const { ownCluster } = await import("./own-node.ts");
const { oracleCluster } = await import("./oracle-node.ts");
const { Counts } = await import("./counts.ts");
const { Schedule } = await import("./schedule.ts");

const counts = new Counts();
for (let seed = Number(first); seed <= Number(last); seed++) {
  const schedule = new Schedule(seed, [ownCluster, oracleCluster], counts);
  try {
    schedule.run();
  } catch (error) {
    const what = error instanceof Error ? (error.stack ?? "") : String(error);
    process.stderr.write(`${schedule.story.join("\n")}\nseed ${seed}: ${what}\n`);
    process.exit(1);
  }
}
process.stdout.write(`${JSON.stringify(counts)}\n`);
