import { mkdir, readFile, writeFile } from "node:fs/promises";
import { cpus, loadavg, release, totalmem } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { UserError } from "../../src/support/errors.ts";
import { parseOptions, type Options } from "./options.ts";
import { TIERS, type Kill, type Recovery, type Run, type Tier } from "./record.ts";
import { missing, rowsOf, tableOf, verdictOf } from "./summary.ts";
import { killHolder, loseAll } from "./trial.ts";
import { World } from "./world.ts";

/*
 * `npm run bench:failover`: how long clients wait when the machine that holds a tier loses its power, and how long one
 * command takes after all have. Options: --kills 20 --recoveries 5 --yes; or files of results/ of earlier runs, to see
 * them as one table.
 */
const RESULTS = fileURLToPath(new URL("results/", import.meta.url));
const print = (line: string): void => void process.stdout.write(`${line}\n`);

async function measure(options: Options): Promise<Run> {
  const startedAt = new Date().toISOString();
  const kills: Kill[] = [];
  const recoveries: Recovery[] = [];
  let endedBy: string | undefined;
  const stop = () => void (endedBy ??= "Ctrl-C");
  process.on("SIGINT", stop).on("SIGTERM", stop);
  const machine = {
    processors: `${cpus().length} x ${cpus()[0]?.model ?? "unknown"}`,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    kernel: release(),
    loadBefore: loadavg().map((load) => load.toFixed(1)).join(" "), // prettier-ignore
  };
  try {
    const world = await World.up(options.yes, print);
    for (let tier = leastKilled(kills, options.kills); tier && endedBy === undefined;) {
      const measured = await killHolder(world, tier);
      kills.push(...measured);
      for (const kill of measured) print(progress(kill, kills));
      tier = leastKilled(kills, options.kills);
    }
    for (let round = 0; round < options.recoveries && endedBy === undefined; round++) {
      recoveries.push(await loseAll(world));
      const { commandMs, exitCode } = recoveries.at(-1)!;
      print(
        `${round + 1} of ${options.recoveries}, recovery: ${Math.round(commandMs)} ms, exit code ${exitCode}`,
      );
    }
  } catch (error) {
    // What was measured until then is kept.
    endedBy = error instanceof Error ? error.message : String(error);
  } finally {
    process.off("SIGINT", stop).off("SIGTERM", stop);
    await World.down();
  }
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

async function keep(result: Run): Promise<string> {
  await mkdir(RESULTS, { recursive: true });
  const file = join(RESULTS, `${result.startedAt.slice(0, 16).replace(":", "-")}.json`);
  await writeFile(file, `${JSON.stringify(result, undefined, 1)}\n`);
  return file;
}

try {
  const options = parseOptions(process.argv.slice(2));
  if (options.results.length > 0) {
    const runs = await Promise.all(
      options.results.map(async (file) => JSON.parse(await readFile(file, "utf8")) as Run),
    );
    const rows = rowsOf({
      kills: runs.flatMap(({ kills }) => kills),
      recoveries: runs.flatMap(({ recoveries }) => recoveries),
    });
    print(`${tableOf(rows)}\n\n${verdictOf(rows)}`);
  } else {
    const result = await measure({ ...options, yes: options.yes || process.env["CI"] === "true" });
    print(`\nraw rounds: ${await keep(result)}`);
    const missed = missing(result, options);
    print(`\n${tableOf(rowsOf(result))}\n`);
    for (const line of missed) print(line);
    print(`${verdictOf(rowsOf(result))}${missed.length > 0 ? "; NOT COMPLETE" : ""}`);
    process.exitCode = missed.length > 0 ? 1 : 0;
  }
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  print(`${error.message}: ${error.remedy}`);
  process.exitCode = 1;
}
