import { mkdir, readFile, writeFile } from "node:fs/promises";
import { cpus, loadavg, release, setPriority, totalmem } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { UserError } from "../../src/support/errors.ts";
import { ensureEngine, type Engine } from "../../src/toolkit/lab/engine.ts";
import { exec } from "../../src/toolkit/lab/lab.ts";
import { priorityOf } from "../../src/toolkit/services/keepalived/view.ts";
import { confirm } from "../../demo/confirm.ts";
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
 * Options: --intervals 200,300 --rounds 3 --pauses 10 --kills 1 --yes; or files of
 * results/ of earlier runs, to see them as one table.
 */
const PROJECT = fileURLToPath(new URL("../../", import.meta.url)).replace(/\/$/, "");
const RESULTS = fileURLToPath(new URL("results/", import.meta.url));
const print = (line: string): void => void process.stdout.write(`${line}\n`);

async function measure(engine: Engine, options: Options): Promise<Run> {
  const { intervals, rounds, pauses, kills } = options;
  const startedAt = new Date().toISOString();
  const blocks: Block[] = [];
  let endedBy: string | undefined;
  const stop = () => void (endedBy ??= "Ctrl-C");
  process.on("SIGINT", stop).on("SIGTERM", stop);
  try {
    const balancers = await Balancers.up(engine, PROJECT, print);
    const { topology } = balancers.lab.state;
    const machine = await machineOf(engine, balancers);
    const priority = Math.max(...topology.machines.map((each) => priorityOf(topology, each)));
    try {
      await balancers.apply(intervals[0]!);
      for (let round = 0; round < rounds; round++)
        for (const intervalMs of orderOf(intervals, round)) {
          if (endedBy) break;
          const trial = { round, intervalMs, pauses, kills, isStopped: () => endedBy !== undefined };
          blocks.push(await runBlock(balancers, trial));
          print(progress(blocks.at(-1)!, rounds));
        }
    } catch (error) {
      // What was measured until then is kept.
      endedBy = error instanceof Error ? error.message : String(error);
    }
    const command = `npm run bench:vrrp -- --intervals ${intervals.join(",")} --rounds ${rounds} --pauses ${pauses} --kills ${kills}`;
    return { startedAt, command, machine, priority, rounds, intervals, blocks, ...(endedBy && { endedBy }) };
  } finally {
    process.off("SIGINT", stop).off("SIGTERM", stop);
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
    processors: `${cpus().length} x ${cpus()[0]?.model ?? "unknown"}`,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    kernel: release(),
    docker: engine.version,
    keepalived: keepalived!,
    haproxy: haproxy!,
    loadBefore: loadavg().map((load) => load.toFixed(1)).join(" "), // prettier-ignore
  };
}

async function keep(result: Run): Promise<string> {
  await mkdir(RESULTS, { recursive: true });
  const file = join(RESULTS, `${result.startedAt.slice(0, 16).replace(":", "-")}.json`);
  await writeFile(file, `${JSON.stringify(result, undefined, 1)}\n`);
  return file;
}

function summarise(result: Run, options: Options): void {
  const rows = rowsOf(result);
  const missed = [...(result.endedBy ? [`ended early: ${result.endedBy}`] : []), ...missing(result, options)];
  print(`\n${tableOf(rows, result.priority)}\n`);
  for (const line of missed) print(line);
  print(
    verdictOf(rows, PAUSE_MS) +
      (missed.length > 0 ? `; NOT COMPLETE, ${missed.length} things are missing` : ""),
  );
  process.exitCode = missed.length > 0 ? 1 : 0;
}

async function show(files: readonly string[]): Promise<void> {
  const runs = await Promise.all(files.map(async (file) => JSON.parse(await readFile(file, "utf8")) as Run));
  const rows = rowsOf(together(runs));
  print(`${tableOf(rows, runs[0]!.priority)}\n\n${verdictOf(rows, PAUSE_MS)}`);
}

try {
  const options = parseOptions(process.argv.slice(2));
  // What is measured must not be how long this process waits for a processor. Its load is as nice as any program.
  setPriority(OBSERVER_NICENESS);
  const yes = options.yes || process.env["CI"] === "true";
  if (options.results.length > 0) await show(options.results);
  else {
    const engine = await ensureEngine({ yes, ask: confirm, report: print });
    const result = await measure(engine, options);
    print(`\nraw rounds: ${await keep(result)}`);
    summarise(result, options);
  }
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  print(`${error.message}: ${error.remedy}`);
  process.exitCode = 1;
}
