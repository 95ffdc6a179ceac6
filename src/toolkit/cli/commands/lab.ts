import type { Command } from "commander";
import { execa } from "execa";
import { packagesOf } from "../../containers/packages.ts";
import { labDown } from "../../lab/down.ts";
import { ensureEngine, type Engine } from "../../lab/engine.ts";
import { ensureImage } from "../../lab/image.ts";
import { exec, openLab, sshCommand, type Lab } from "../../lab/lab.ts";
import { cut, heal, isolate } from "../../lab/links.ts";
import { kill, pause, powerState, start, unpause } from "../../lab/power.ts";
import { labUp } from "../../lab/up.ts";
import { loadCluster, type LoadedCluster } from "../../project/load-cluster.ts";
import { resolve } from "../../topology/resolve.ts";
import { confirm, type Io } from "../io.ts";
import { example, fileOption, jsonOption, yesOption } from "../options.ts";

interface Options {
  readonly file?: string;
  readonly name?: string;
  readonly cidr?: string;
  readonly bare?: boolean;
  readonly oneWay?: boolean;
  readonly json?: boolean;
  readonly yes?: boolean;
}

export function addLab(program: Command, io: Io, end: (code: number) => void): void {
  const lab = program
    .command("lab")
    .description("the cluster's machines as containers on this machine, to try things on");
  const add = (usage: string, description: string) => {
    const command = lab.command(usage).description(description);
    return jsonOption(
      yesOption(fileOption(command).option("--name <lab>", "the lab (default: the cluster's name)")),
    );
  };
  /** A command on a lab that is up. */
  const tool = (
    usage: string,
    description: string,
    act: (lab: Lab, names: readonly string[], options: Options) => Promise<unknown>,
  ) =>
    example(
      add(usage, description),
      `mbctl lab ${usage.replace(/<(.*?)>/g, "node-1").replace(/\[(.*?)\]/g, "node-2")}`,
    ).action(async (...args: unknown[]) => {
      const options = args.at(-2) as Options;
      const names = args
        .slice(0, -2)
        .flat()
        .filter((name) => name !== undefined) as string[];
      const opened = await open(options, io);
      const result = await act(opened, names, options);
      if (options.json) io.out(JSON.stringify({ ok: true, lab: opened.state.name, result }));
    });

  example(
    add("up", "make the machines; then mbctl apply --lab makes them a cluster")
      .option("--cidr <network>", "a /24 of 10.77.0.0/16 (default: a free one)")
      .option("--bare", "machines without the packages, so that apply installs them"),
    "mbctl lab up --file examples/three-machines.yaml",
  ).action((options: Options) => up(options, io));
  example(add("down", "remove the lab with all its data"), "mbctl lab down").action((options: Options) =>
    down(options, io),
  );
  example(add("status", "which machines have power, and where they are"), "mbctl lab status").action(
    (options: Options) => status(options, io),
  );

  tool("ssh <machine>", "log in to a machine", (opened, [machine]) =>
    interactive(sshCommand(opened, machine!), end),
  );
  example(
    add("exec <machine> <command...>", "run a program on a machine, past its network"),
    "mbctl lab exec node-1 -- ip address",
  )
    .passThroughOptions(false)
    .action(async (machine: string, argv: readonly string[], options: Options) => {
      const answer = await exec(await open(options, io), machine, argv);
      if (options.json) io.out(JSON.stringify({ ok: answer.code === 0, ...answer }));
      else {
        if (answer.stdout) io.out(answer.stdout.trimEnd());
        if (answer.stderr) io.err(answer.stderr.trimEnd());
      }
      end(answer.code);
    });
  tool("kill <machine...>", "take the power away: nothing is synced, stopped or told", (opened, names) =>
    each(names, (name) => kill(opened, name)),
  );
  tool("start <machine...>", "give the power back", (opened, names) =>
    each(names, (name) => start(opened, name)),
  );
  tool("pause <machine...>", "freeze every process, as on a machine that hangs", (opened, names) =>
    each(names, (name) => pause(opened, name)),
  );
  tool("unpause <machine...>", "let them go on", (opened, names) =>
    each(names, (name) => unpause(opened, name)),
  );
  tool("cut <machine> [other]", "drop all between two machines, or all of one", (opened, [from, to]) =>
    to === undefined ? isolate(opened, from!) : cut(opened, from!, to),
  );
  tool("heal", "undo every cut", (opened) => heal(opened));
}

async function up(options: Options, io: Io): Promise<void> {
  const cluster = await loadCluster(options.file);
  const topology = resolve(cluster.spec);
  const report = (line: string) => (options.json ? undefined : io.out(line));
  const engine = await engineFor(options, io, report);
  const image = await ensureImage(engine, {
    variant: options.bare ? "bare" : "machine",
    packages: packagesOf(topology),
    report,
  });
  const lab = await labUp(engine, topology, {
    name: nameOf(options, cluster),
    project: cluster.directory,
    image,
    report,
    ...(options.cidr !== undefined && { cidr: options.cidr }),
  });
  const machines = lab.state.topology.machines.map(({ name, address }) => ({ name, address }));
  if (options.json) return io.out(JSON.stringify({ ok: true, lab: lab.state.name, machines }));
  for (const { name, address } of machines) io.out(`${name} at ${address}`);
  io.out("next: mbctl apply --lab");
}

async function down(options: Options, io: Io): Promise<void> {
  const cluster = await loadCluster(options.file);
  const name = nameOf(options, cluster);
  const engine = await engineFor(options, io, (line) => io.err(line));
  if (!(await confirm(io, `remove lab ${name} with all its data?`, options.yes ?? false))) return;
  const removed = await labDown(engine, { project: cluster.directory, name });
  if (options.json) return io.out(JSON.stringify({ ok: true, ...removed }));
  io.out(`removed ${removed.containers} machines, ${removed.volumes} volumes, ${removed.networks} networks`);
}

async function status(options: Options, io: Io): Promise<void> {
  const lab = await open(options, io);
  const { machines } = lab.state.topology;
  const rows = await Promise.all(
    machines.map(async ({ name, address }) => ({ name, address, power: await powerState(lab, name) })),
  );
  if (options.json) return io.out(JSON.stringify({ ok: true, lab: lab.state.name, machines: rows }));
  for (const { name, address, power } of rows) io.out(`${name}  ${address}  ${power}`);
  io.out("for its services: mbctl status --lab");
}

async function open(options: Options, io: Io): Promise<Lab> {
  const cluster = await loadCluster(options.file);
  return openLab(
    await engineFor(options, io, (line) => io.err(line)),
    cluster.directory,
    nameOf(options, cluster),
  );
}

function engineFor(options: Options, io: Io, report: (line: string) => void): Promise<Engine> {
  return ensureEngine({
    yes: options.yes ?? false,
    ask: (question) => confirm(io, question, options.yes ?? false),
    report,
  });
}

function nameOf(options: Options, cluster: LoadedCluster): string {
  return options.name ?? cluster.spec.name;
}

async function each(names: readonly string[], act: (name: string) => Promise<void>): Promise<void> {
  for (const name of names) await act(name);
}

async function interactive(argv: readonly string[], end: (code: number) => void): Promise<void> {
  const [program, ...args] = argv;
  const { exitCode } = await execa(program!, args, { stdio: "inherit", reject: false });
  end(exitCode ?? 1);
}
