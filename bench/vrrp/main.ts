import { setPriority } from "node:os";
import { fileURLToPath } from "node:url";
import { ensureEngine, type Engine } from "../../src/toolkit/lab/engine.ts";
import { exec } from "../../src/toolkit/lab/lab.ts";
import { priorityOf } from "../../src/toolkit/services/keepalived/view.ts";
import { confirm } from "../../demo/confirm.ts";
import { Interruption } from "../common/interruption.ts";
import { loadAverages, machineFacts } from "../common/machine.ts";
import { runCommand } from "../common/main.ts";
import { print, printReport } from "../common/report.ts";
import { keepRun, readRuns } from "../common/results.ts";
import { Balancers } from "./balancers.ts";
import { silenceOf } from "./gap.ts";
import { orderOf, parseOptions, type Options } from "./options.ts";
import type { Block, Run } from "./record.ts";
import { missing, rowsOf, tableOf, together, verdictOf } from "./summary.ts";
import { OBSERVER_NICENESS } from "./load.ts";
import { PAUSE_MS, runBlock } from "./trial.ts";

/*
 * `npm run bench:vrrp`: which advert interval of VRRP is the shortest at which a holder of the VIP that is frozen for
 * half a second, on busy processors, keeps it; and how long the VIP is silent when the holder loses its power.
 * Options: --intervals 100,150 --missed 8 --rounds 3 --pauses 10 --kills 1 --yes; or files of results/ of earlier runs,
 * to see them as one table.
 */
const PROJECT = fileURLToPath(new URL("../../", import.meta.url)).replace(/\/$/, "");

async function measure(engine: Engine, options: Options): Promise<Run> {
  const { intervals, missed: missedAdverts, rounds, pauses, kills } = options;
  const startedAt = new Date().toISOString();
  const blocks: Block[] = [];
  const interruption = new Interruption();
  const isStopped = (): boolean => interruption.endedBy !== undefined;
  try {
    const balancers = await Balancers.up(engine, PROJECT, print);
    const { topology } = balancers.lab.state;
    const machine = await machineOf(engine, balancers);
    const priority = Math.max(...topology.machines.map((each) => priorityOf(topology, each)));
    try {
      await balancers.apply({ intervalMs: intervals[0]!, missedAdverts });
      for (let round = 0; round < rounds; round++)
        for (const intervalMs of orderOf(intervals, round)) {
          if (isStopped()) break;
          const trial = { round, intervalMs, missedAdverts, pauses, kills, isStopped };
          blocks.push(await runBlock(balancers, trial));
          print(progress(blocks.at(-1)!, rounds));
        }
    } catch (error) {
      // What was measured until then is kept.
      interruption.fail(error);
    }
    const { endedBy } = interruption;
    const command = `npm run bench:vrrp -- --intervals ${intervals.join(",")} --missed ${missedAdverts} --rounds ${rounds} --pauses ${pauses} --kills ${kills}`;
    const measured = { startedAt, command, machine, priority, missedAdverts, rounds, intervals, blocks };
    return { ...measured, ...(endedBy && { endedBy }) };
  } finally {
    interruption.release();
    await Balancers.down(engine, PROJECT);
  }
}

function progress(block: Block, rounds: number): string {
  const [row] = rowsOf({ intervals: [block.intervalMs], blocks: [block] });
  const silent = block.kills.map(
    ({ busy, gap }) => `${gap ? silenceOf(gap) : "ever"} (${busy ? "under load" : "without"})`,
  );
  return `round ${block.round + 1} of ${rounds}, ${block.intervalMs} ms: ${row!.needless} of ${row!.pauses} pauses moved the VIP; VIP silent for ${silent.join(", ")} ms; load ${block.load[1].toFixed(1)}`;
}

async function machineOf(
  engine: Engine,
  { lab, names }: Balancers,
): Promise<Readonly<Record<string, string>>> {
  const versions = await exec(lab, names[0], [
    "sh",
    "-c",
    "keepalived --version 2>&1 | head -1; haproxy -v | head -1",
  ]);
  const [keepalived, haproxy] = versions.stdout.trim().split("\n");
  return {
    ...machineFacts(),
    docker: engine.version,
    keepalived: keepalived!,
    haproxy: haproxy!,
    loadBefore: loadAverages(),
  };
}

function summarise(result: Run, options: Options): void {
  const rows = rowsOf(result);
  const missed = [...(result.endedBy ? [`ended early: ${result.endedBy}`] : []), ...missing(result, options)];
  printReport(tableOf(rows, result), missed, verdictOf(rows, PAUSE_MS));
}

async function show(files: readonly string[]): Promise<void> {
  const runs = (await readRuns(files)) as readonly Run[];
  const rows = rowsOf(together(runs));
  print(`${tableOf(rows, runs[0]!)}\n\n${verdictOf(rows, PAUSE_MS)}`);
}

await runCommand(async (args) => {
  const options = parseOptions(args);
  // What is measured must not be how long this process waits for a processor. Its load is as nice as any program.
  setPriority(OBSERVER_NICENESS);
  const yes = options.yes || process.env["CI"] === "true";
  if (options.results.length > 0) await show(options.results);
  else {
    const engine = await ensureEngine({ yes, ask: confirm, report: print });
    const result = await measure(engine, options);
    print(`\nraw rounds: ${await keepRun(import.meta.dirname, result)}`);
    summarise(result, options);
  }
});
