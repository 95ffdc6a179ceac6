import { loadavg } from "node:os";
import { performance } from "node:perf_hooks";
import { execa } from "execa";
import { Interruption } from "../common/interruption.ts";
import { machineFacts } from "../common/machine.ts";
import { runCommand } from "../common/main.ts";
import { print, printReport } from "../common/report.ts";
import { keepRun, readRun } from "../common/results.ts";
import { parseOptions, type Options } from "./options.ts";
import { installMbctl } from "./package.ts";
import type { Run, Trial } from "./record.ts";
import { startServers, type Servers } from "./servers.ts";
import { ansibleSide, CHECKOUT, countStatus, countUptimes, mbctlSide, type Side, sshSide } from "./sides.ts";
import { missing, rowsOf, tableOf, verdictOf } from "./summary.ts";

/*
 * `npm run bench:fan-out`: how long it takes to run one command on twenty machines at once, with cold connections, by
 * mbctl and by Ansible. The machines are real SSH servers on loopback; mbctl is the package as npm installs it.
 * Options: --rounds 7 --machines 20; or a file of results/, to see its table again.
 */

/** The same work by several programs: the first is ours, the second its peer. */
interface Measure {
  readonly name: string;
  readonly machines: number;
  readonly sides: readonly Side[];
}

async function measuresOn(servers: Servers): Promise<readonly Measure[]> {
  const exec = (target: readonly string[]) => ["exec", ...target, "--", "uptime"];
  const installed = await installMbctl(servers.folder);
  return [
    {
      name: "uptime",
      machines: servers.hosts.length,
      sides: [
        await mbctlSide(servers, installed, "mbctl exec", exec, countUptimes),
        await ansibleSide(servers, "ansible"),
        await ansibleSide(servers, "ansible, pipelining", {
          ANSIBLE_PIPELINING: "True",
          ANSIBLE_PYTHON_INTERPRETER: "/usr/bin/python3",
        }),
        sshSide(servers, "ssh, a process each"),
        await mbctlSide(servers, CHECKOUT, "mbctl exec, in a checkout", exec, countUptimes),
      ],
    },
    await statusOf({ ...servers, hosts: servers.hosts.slice(0, 3) }, installed),
    await statusOf(servers, installed),
  ];
}

/** It has no peer: no other program asks the same. The servers have no services, so every question is answered at once. */
async function statusOf(servers: Servers, installed: string): Promise<Measure> {
  const status = (target: readonly string[]) => ["status", "--json", "--timeout", "120", ...target];
  return {
    name: "status",
    machines: servers.hosts.length,
    sides: [await mbctlSide(servers, installed, "mbctl status", status, countStatus)],
  };
}

async function measure(options: Options): Promise<Run> {
  const startedAt = new Date().toISOString();
  const servers = await startServers(options.machines);
  const interruption = new Interruption();
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
          if (interruption.endedBy !== undefined) break;
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
    interruption.release();
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
    ...machineFacts(),
    node: process.version,
    ansible: await version("ansible", "--version"),
    openssh: await version("ssh", "-V"),
  };
}

function summarise(run: Run): void {
  printReport(tableOf(rowsOf(run)), missing(run), verdictOf(run));
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
