import { mkdir, mkdtemp, readFile, rm, statfs, writeFile } from "node:fs/promises";
import { cpus, loadavg, release, totalmem } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { UserError } from "../../src/support/errors.ts";
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
const RESULTS = fileURLToPath(new URL("results/", import.meta.url));
const TMPFS = 0x01021994;
const print = (line: string): void => void process.stdout.write(`${line}\n`);

/** What is measured so far, and whether somebody has asked for the end. */
class Measuring {
  readonly loads: LoadTrial[] = [];
  readonly failovers: Failover[] = [];
  readonly memory: Memory[] = [];
  endedBy: string | undefined;
  readonly #options: Options;

  constructor(options: Options) {
    this.#options = options;
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
    if (this.endedBy !== undefined) return;
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
        if (this.endedBy !== undefined) return;
        const failover = await failOver(cluster, fault, side.name, round);
        this.failovers.push(failover);
        print(
          `round ${round + 1} of ${rounds}, ${side.name}, ${fault}: ${failover.ms?.toFixed(0) ?? "no"} ms`,
        );
      }
  }

  async #load(side: Side, cluster: Cluster, measure: LoadTrial["measure"], round: number): Promise<void> {
    for (const clients of this.#options.clients) {
      if (this.endedBy !== undefined) return;
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
  const measuring = new Measuring(options);
  const stop = () => void (measuring.endedBy ??= "Ctrl-C");
  process.on("SIGINT", stop).on("SIGTERM", stop);
  try {
    await measuring.rounds();
  } catch (error) {
    // What was measured until then is kept.
    measuring.endedBy = error instanceof Error ? error.message : String(error);
  } finally {
    process.off("SIGINT", stop).off("SIGTERM", stop);
  }
  const { rounds, seconds, warmUpSeconds, clients, faults, syncDelayMs } = options;
  const command = `npm run bench:raft -- --rounds ${rounds} --seconds ${seconds} --warm-up ${warmUpSeconds} --clients ${clients.join(",")} --faults ${faults} --sync-delay ${syncDelayMs}`;
  const { loads, failovers, memory, endedBy } = measuring;
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
    processors: `${cpus().length} x ${cpus()[0]?.model ?? "unknown"}`,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    kernel: release(),
    node: process.version,
    etcd: etcd.split("\n")[0]!,
    disk,
    loadBefore: loadavg().map((load) => load.toFixed(1)).join(" "), // prettier-ignore
  };
}

async function keep(run: Run): Promise<string> {
  await mkdir(RESULTS, { recursive: true });
  const file = join(RESULTS, `${run.startedAt.slice(0, 16).replace(":", "-")}.json`);
  await writeFile(file, `${JSON.stringify(run, undefined, 1)}\n`);
  return file;
}

function summarise(run: Run): void {
  const missed = missing(run);
  print(`\n${tablesOf(run)}\n`);
  for (const line of missed) print(line);
  print(verdictOf(run) + (missed.length > 0 ? `; NOT COMPLETE, ${missed.length} things are missing` : ""));
  process.exitCode = missed.length > 0 ? 1 : 0;
}

try {
  const options = parseOptions(process.argv.slice(2));
  if (options.result !== undefined) {
    summarise(JSON.parse(await readFile(options.result, "utf8")) as Run);
  } else {
    const run = await measure(options);
    print(`\nraw rounds: ${await keep(run)}`);
    summarise(run);
  }
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  print(`${error.message}: ${error.remedy}`);
  process.exitCode = 1;
}
