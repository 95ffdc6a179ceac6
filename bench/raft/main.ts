import { mkdtemp, rm, statfs } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { UserError } from "../../src/support/errors.ts";
import { Interruption } from "../common/interruption.ts";
import { loadAverages, machineFacts } from "../common/machine.ts";
import { runCommand } from "../common/main.ts";
import { print, printReport } from "../common/report.ts";
import { keepRun, readRun } from "../common/results.ts";
import { usageOf } from "./child.ts";
import { etcdSide } from "./etcd-side.ts";
import { failOver } from "./failover.ts";
import { parseOptions, type Options } from "./options.ts";
import { ourSide } from "./our-side.ts";
import { FAULTS, type Failover, type LoadTrial, type Memory, type Run } from "./record.ts";
import type { Cluster, Side } from "./side.ts";
import { missing, tablesOf, verdictOf } from "./summary.ts";
import { loadTrial } from "./trial.ts";

/*
 * `npm run bench:raft`: our replicated state beside Debian's etcd: three members each, on this machine's disk. Options:
 * --rounds 5 --seconds 10 --warm-up 3 --clients 1,16,64,256 --faults 20 --sync-delay 5 --folder /var/tmp, or --quick to
 * see that it works here; or a file of results/, to see its tables again.
 */
const TMPFS = 0x01021994;

/** What is measured so far, until something ends the run. */
class Measuring {
  readonly loads: LoadTrial[] = [];
  readonly failovers: Failover[] = [];
  readonly memory: Memory[] = [];
  readonly #options: Options;
  readonly #interruption: Interruption;

  constructor(options: Options, interruption: Interruption) {
    this.#options = options;
    this.#interruption = interruption;
  }

  /** Only one of the two runs at a time; each round begins with the other one. */
  async rounds(): Promise<void> {
    for (let round = 0; round < this.#options.rounds; round++) {
      const sides = round % 2 === 0 ? [ourSide, etcdSide] : [etcdSide, ourSide];
      for (const side of sides)
        await this.#with(side, 0, (cluster) => this.#atFullSpeed(side, cluster, round));
      const { syncDelayMs } = this.#options;
      for (const side of sides)
        await this.#with(side, syncDelayMs, (cluster) => this.#load(side, cluster, "slow-disk put", round));
    }
  }

  async #with(side: Side, syncDelayMs: number, work: (cluster: Cluster) => Promise<void>): Promise<void> {
    if (this.#interruption.endedBy !== undefined) return;
    const folder = await mkdtemp(join(this.#options.folder, "mailbastion-raft-"));
    try {
      const cluster = await side.start({ folder, syncDelayMs });
      try {
        await work(cluster);
      } finally {
        await cluster.stop();
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  }

  async #atFullSpeed(side: Side, cluster: Cluster, round: number): Promise<void> {
    await this.#load(side, cluster, "put", round);
    const usages = await Promise.all(cluster.members.map(({ pid }) => usageOf(pid!)));
    const residentBytes = usages.map((usage) => usage.residentBytes);
    this.memory.push({ side: side.name, round, residentBytes });
    await this.#load(side, cluster, "get", round);
    const { faults, rounds } = this.#options;
    // As many in each round as it takes to have all of them after the last.
    const count = Math.floor((faults * (round + 1)) / rounds) - Math.floor((faults * round) / rounds);
    for (let number = 0; number < count; number++)
      for (const fault of FAULTS) {
        if (this.#interruption.endedBy !== undefined) return;
        const failover = await failOver(cluster, fault, side.name, round);
        this.failovers.push(failover);
        print(
          `round ${round + 1} of ${rounds}, ${side.name}, ${fault}: ${failover.ms?.toFixed(0) ?? "no"} ms`,
        );
      }
  }

  async #load(side: Side, cluster: Cluster, measure: LoadTrial["measure"], round: number): Promise<void> {
    for (const clients of this.#options.clients) {
      if (this.#interruption.endedBy !== undefined) return;
      const trial = await loadTrial(cluster, this.#options, { measure, side: side.name, round, clients });
      this.loads.push(trial);
      const { answered, seconds, p50Ms, p99Ms, failed } = trial;
      print(
        `round ${round + 1} of ${this.#options.rounds}, ${side.name}, ${measure}, ${clients} clients: ${(answered / seconds).toFixed(0)}/s, p50 ${p50Ms.toFixed(1)} ms, p99 ${p99Ms.toFixed(1)} ms${failed > 0 ? `, ${failed} FAILED` : ""}`,
      );
    }
  }
}

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
  const { rounds, seconds, warmUpSeconds, clients, faults, syncDelayMs } = options;
  const command = `npm run bench:raft -- --rounds ${rounds} --seconds ${seconds} --warm-up ${warmUpSeconds} --clients ${clients.join(",")} --faults ${faults} --sync-delay ${syncDelayMs}`;
  const { loads, failovers, memory } = measuring;
  const { endedBy } = interruption;
  return {
    startedAt,
    command,
    machine,
    rounds,
    clients,
    faults,
    syncDelayMs,
    loads,
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
