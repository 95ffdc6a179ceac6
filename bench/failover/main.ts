import { Interruption } from "../common/interruption.ts";
import { loadAverages, machineFacts } from "../common/machine.ts";
import { runCommand } from "../common/main.ts";
import { print } from "../common/report.ts";
import { keepRun, readRuns } from "../common/results.ts";
import { parseOptions, type Options } from "./options.ts";
import { TIERS, VIEWS, type Kill, type Recovery, type Run, type Tier } from "./record.ts";
import { missing, rowsOf, tableOf, verdictOf } from "./summary.ts";
import { killHolder, loseAll } from "./trial.ts";
import { World } from "./world.ts";

/*
 * `npm run bench:failover`: how long clients wait when the machine that holds a tier loses its power, and how long one
 * command takes after all have. Options: --kills 20 --recoveries 5 --yes; or files of results/ of earlier runs, to see
 * them as one table.
 */

async function measure(options: Options): Promise<Run> {
  const startedAt = new Date().toISOString();
  const kills: Kill[] = [];
  const recoveries: Recovery[] = [];
  const interruption = new Interruption();
  const machine = { ...machineFacts(), loadBefore: loadAverages() };
  try {
    const world = await World.up(options.yes, print);
    for (let tier = leastKilled(kills, options.kills); tier && interruption.endedBy === undefined;) {
      const measured = await killHolder(world, tier);
      kills.push(...measured);
      for (const kill of measured) print(progress(kill, kills));
      tier = leastKilled(kills, options.kills);
    }
    for (let nth = 0; nth < options.recoveries * VIEWS.length && interruption.endedBy === undefined; nth++) {
      const savedView = VIEWS[nth % VIEWS.length]!;
      const recovery = await loseAll(world, savedView);
      recoveries.push(recovery);
      const { commandMs, exitCode } = recovery;
      print(`recovery, saved view ${savedView}: ${Math.round(commandMs)} ms, exit code ${exitCode}`);
    }
  } catch (error) {
    // What was measured until then is kept.
    interruption.fail(error);
  } finally {
    interruption.release();
    await World.down();
  }
  const { endedBy } = interruption;
  const command = `npm run bench:failover -- --kills ${options.kills} --recoveries ${options.recoveries}`;
  return { startedAt, command, machine, kills, recoveries, ...(endedBy !== undefined && { endedBy }) };
}

/** The tier that lacks most; undefined when none lacks anything. The tiers take turns, so that a busy minute is nobody's alone. */
function leastKilled(kills: readonly Kill[], wanted: number): Tier | undefined {
  const count = (tier: Tier) => kills.filter((kill) => kill.tier === tier).length;
  const [least] = TIERS.toSorted((a, b) => count(a) - count(b));
  return least !== undefined && count(least) < wanted ? least : undefined;
}

function progress({ tier, killed, gapMs, failed, tries }: Kill, kills: readonly Kill[]): string {
  const nth = kills.filter((kill) => kill.tier === tier).length;
  return `${tier} ${nth}: ${killed} died, answered after ${gapMs ?? "no"} ms (${failed} of ${tries} tries failed)`;
}

await runCommand(async (args) => {
  const options = parseOptions(args);
  if (options.results.length > 0) {
    const runs = (await readRuns(options.results)) as readonly Run[];
    const rows = rowsOf({
      kills: runs.flatMap(({ kills }) => kills),
      recoveries: runs.flatMap(({ recoveries }) => recoveries),
    });
    print(`${tableOf(rows)}\n\n${verdictOf(rows)}`);
  } else {
    const result = await measure({ ...options, yes: options.yes || process.env["CI"] === "true" });
    print(`\nraw rounds: ${await keepRun(import.meta.dirname, result)}`);
    const missed = missing(result, options);
    print(`\n${tableOf(rowsOf(result))}\n`);
    for (const line of missed) print(line);
    print(`${verdictOf(rowsOf(result))}${missed.length > 0 ? "; NOT COMPLETE" : ""}`);
    process.exitCode = missed.length > 0 ? 1 : 0;
  }
});
