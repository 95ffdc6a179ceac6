import { statfs } from "node:fs/promises";
import { execa } from "execa";
import { UserError } from "../../src/support/errors.ts";
import { Interruption } from "../common/interruption.ts";
import { loadAverages, machineFacts } from "../common/machine.ts";
import { runCommand } from "../common/main.ts";
import { print, printReport } from "../common/report.ts";
import { keepRun, readRun } from "../common/results.ts";
import { Measuring } from "./measuring.ts";
import { parseOptions, type Options } from "./options.ts";
import { MEASURES, type Run } from "./record.ts";
import { missing, tablesOf, verdictOf } from "./summary.ts";

/*
 * `npm run bench:raft`: our replicated state beside Debian's etcd: three members each, on this machine's disk. Options:
 * --rounds 5 --seconds 10 --warm-up 3 --clients 1,16,64,256 --rates 100,500,1000 --faults 20 --sync-delay 5
 * --folder /var/tmp, or --quick to see that it works here; or a file of results/, to see its tables again.
 */
const TMPFS = 0x01021994;

async function measure(options: Options): Promise<Run> {
  await checkPrograms(options.folder);
  const startedAt = new Date().toISOString();
  const machine = await machineOf(options.folder);
  const interruption = new Interruption();
  const measuring = new Measuring(options, interruption);
  try {
    await measuring.rounds();
  } catch (error) {
    // What was measured until then is kept.
    interruption.fail(error);
  } finally {
    interruption.release();
  }
  const { rounds, seconds, warmUpSeconds, clients, rates, faults, syncDelayMs } = options;
  const command = `npm run bench:raft -- --rounds ${rounds} --seconds ${seconds} --warm-up ${warmUpSeconds} --clients ${clients.join(",")} --rates ${rates.join(",")} --faults ${faults} --sync-delay ${syncDelayMs}`;
  const { loads, paced, failovers, memory } = measuring;
  const { endedBy } = interruption;
  return {
    startedAt,
    command,
    machine,
    rounds,
    measures: MEASURES,
    clients,
    rates,
    faults,
    syncDelayMs,
    loads,
    paced,
    failovers,
    memory,
    ...(endedBy !== undefined && { endedBy }),
  };
}

/** Throws BENCH_NO_PROGRAM and BENCH_NO_DISK. */
async function checkPrograms(folder: string): Promise<void> {
  for (const [program, remedy] of [
    ["etcd", "apt-get install etcd-server"],
    ["strace", "apt-get install strace"],
  ] as const) {
    const { failed } = await execa(program, ["--version"], { reject: false });
    if (failed) throw new UserError("BENCH_NO_PROGRAM", `there is no ${program} here`, remedy);
  }
  if ((await statfs(folder)).type === TMPFS)
    throw new UserError(
      "BENCH_NO_DISK",
      `--folder ${folder} lies in memory, where a sync costs nothing`,
      "name a folder on a disk",
    );
}

async function machineOf(folder: string): Promise<Readonly<Record<string, string>>> {
  const { stdout: etcd } = await execa("etcd", ["--version"]);
  const { stdout: disk } = await execa("findmnt", ["-no", "SOURCE,FSTYPE", "--target", folder]);
  return {
    ...machineFacts(),
    node: process.version,
    etcd: etcd.split("\n")[0]!,
    disk,
    loadBefore: loadAverages(),
  };
}

function summarise(run: Run): void {
  printReport(tablesOf(run), missing(run), verdictOf(run));
}

await runCommand(async (args) => {
  const options = parseOptions(args);
  if (options.result !== undefined) {
    summarise((await readRun(options.result)) as Run);
  } else {
    const run = await measure(options);
    print(`\nraw rounds: ${await keepRun(import.meta.dirname, run)}`);
    summarise(run);
  }
});
