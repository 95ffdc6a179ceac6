import { mkdir, readFile, writeFile } from "node:fs/promises";
import { cpus, loadavg, release, totalmem } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { UserError } from "../../src/support/errors.ts";
import { parseOptions, type Options } from "./options.ts";
import type { Run, Trial } from "./record.ts";
import { startServers, type Servers } from "./servers.ts";
import { ansibleSide, countStatus, countUptimes, mbctlSide, type Side, sshSide } from "./sides.ts";
import { missing, rowsOf, tableOf, verdictOf } from "./summary.ts";

/*
 * `npm run bench:fan-out`: how long it takes to run one command on twenty machines at once, with cold connections, by
 * mbctl and by Ansible. The machines are real SSH servers on loopback. Options: --rounds 7 --machines 20; or a file of
 * results/, to see its table again.
 */
const RESULTS = fileURLToPath(new URL("results/", import.meta.url));
const print = (line: string): void => void process.stdout.write(`${line}\n`);

/** The same work by several programs: the first is ours, the second its peer. */
interface Measure {
  readonly name: string;
  readonly machines: number;
  readonly sides: readonly Side[];
}

async function measuresOn(servers: Servers): Promise<readonly Measure[]> {
  const exec = (target: readonly string[]) => ["exec", ...target, "--", "uptime"];
  return [
    {
      name: "uptime",
      machines: servers.hosts.length,
      sides: [
        await mbctlSide(servers, "mbctl exec", exec, countUptimes),
        await ansibleSide(servers, "ansible"),
        await ansibleSide(servers, "ansible, pipelining", {
          ANSIBLE_PIPELINING: "True",
          ANSIBLE_PYTHON_INTERPRETER: "/usr/bin/python3",
        }),
        sshSide(servers, "ssh, a process each"),
      ],
    },
    await statusOf({ ...servers, hosts: servers.hosts.slice(0, 3) }),
    await statusOf(servers),
  ];
}

/** It has no peer: no other program asks the same. The servers have no services, so every question is answered at once. */
async function statusOf(servers: Servers): Promise<Measure> {
  const status = (target: readonly string[]) => ["status", "--json", "--timeout", "120", ...target];
  return {
    name: "status",
    machines: servers.hosts.length,
    sides: [await mbctlSide(servers, "mbctl status", status, countStatus)],
  };
}

async function measure(options: Options): Promise<Run> {
  const startedAt = new Date().toISOString();
  const servers = await startServers(options.machines);
  let isStopped = false;
  const stop = () => void (isStopped = true);
  process.on("SIGINT", stop).on("SIGTERM", stop);
  try {
    const measures = await measuresOn(servers);
    const machine = await machineOf();
    const trials: Trial[] = [];
    for (const { name, machines, sides } of measures) {
      // What each program keeps on this disk for its next start, it has made by then.
      for (const side of sides) await trial(name, side, -1);
      for (let round = 0; round < options.rounds; round++) {
        // Each round begins with another one, so that none always comes first.
        const first = round % sides.length;
        for (const side of [...sides.slice(first), ...sides.slice(0, first)]) {
          // What was measured until then is kept.
          if (isStopped) break;
          trials.push(await trial(name, side, round));
          print(progress(trials.at(-1)!, options.rounds, machines));
        }
      }
    }
    const planned = measures.map(({ name, machines, sides }) => ({
      measure: name,
      machines,
      sides: sides.map((side) => side.name),
    }));
    const command = `npm run bench:fan-out -- --rounds ${options.rounds} --machines ${options.machines}`;
    return { startedAt, command, machine, rounds: options.rounds, planned, trials };
  } finally {
    process.off("SIGINT", stop).off("SIGTERM", stop);
    await servers.stop();
  }
}

async function trial(measureName: string, side: Side, round: number): Promise<Trial> {
  const fresh = await side.prepare?.();
  const load = loadavg()[0]!;
  const [program, ...args] = side.argv;
  const begin = performance.now();
  const { stdout } = await execa(program!, args, {
    env: { ...side.environment, ...fresh },
    stdin: "ignore",
    stderr: "ignore",
    reject: false,
    timeout: 300_000,
  });
  const ms = performance.now() - begin;
  await side.tidy?.();
  return { measure: measureName, side: side.name, round, ms, answered: side.answered(stdout), load };
}

function progress(
  { measure: name, side, round, ms, answered }: Trial,
  rounds: number,
  machines: number,
): string {
  return `round ${round + 1} of ${rounds}, ${name}, ${side}: ${(ms / 1000).toFixed(2)} s, ${answered} of ${machines} machines`;
}

async function machineOf(): Promise<Readonly<Record<string, string>>> {
  const version = async (program: string, ...args: readonly string[]): Promise<string> => {
    const { stdout, stderr } = await execa(program, args, { reject: false });
    return `${stdout}\n${stderr}`.trim().split("\n")[0]!;
  };
  return {
    processors: `${cpus().length} x ${cpus()[0]?.model ?? "unknown"}`,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    kernel: release(),
    node: process.version,
    ansible: await version("ansible", "--version"),
    openssh: await version("ssh", "-V"),
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
  print(`\n${tableOf(rowsOf(run))}\n`);
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
