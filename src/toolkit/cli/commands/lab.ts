import type { Command } from "commander";
import { packagesOf } from "../../containers/packages.ts";
import { labDown } from "../../lab/down.ts";
import { ensureImage } from "../../lab/image.ts";
import { powerState } from "../../lab/power.ts";
import { labUp } from "../../lab/up.ts";
import { loadCluster } from "../../project/load-cluster.ts";
import { resolve } from "../../topology/resolve.ts";
import { EXIT } from "../exit-codes.ts";
import { confirm, declined, note, type Io } from "../io.ts";
import { dryRunOption, example, typed } from "../options.ts";
import { engineFor, labCommand, nameOf, openedLab, wouldDo, type LabOptions } from "./lab-common.ts";
import { addLabTools } from "./lab-tools.ts";

interface UpOptions extends LabOptions {
  readonly cidr?: string;
  readonly bare?: boolean;
}

export function addLab(program: Command, io: Io, end: (code: number) => void): void {
  const lab = example(program.command("lab"), "mbctl lab up", "mbctl lab kill node-1").description(
    "the cluster's machines as containers on this machine, to try things on",
  );

  const upCommand = labCommand(lab, "up", "make the machines; then mbctl apply --lab makes them a cluster")
    .option("--cidr <network>", "where to, such as 10.77.3.0/24 (default: a free one)")
    .option("--bare", "machines without the packages, so that apply installs them");
  example(dryRunOption(upCommand), "mbctl lab up --file examples/three-machines.yaml").action(
    (options: UpOptions) => up(options, io),
  );

  const downCommand = labCommand(lab, "down", "remove the lab with all its data");
  example(dryRunOption(downCommand), "mbctl lab down").action(async (options: LabOptions) =>
    end(await down(options, io)),
  );

  const statusCommand = labCommand(lab, "status", "which machines have power, and where they are");
  example(statusCommand, "mbctl lab status").action((options: LabOptions) => status(options, io));

  addLabTools(lab, io, end);
}

async function up(options: UpOptions, io: Io): Promise<void> {
  const cluster = await loadCluster(options.file);
  const topology = resolve(cluster.spec);
  const name = nameOf(options, cluster);
  const names = topology.machines.map((machine) => machine.name);
  if (options.dryRun) {
    const where = options.cidr ?? "a free /24 of 10.77.0.0/16";
    return wouldDo(name, `make lab ${name} with ${names.join(", ")} in ${where}`, options, io);
  }
  const report = (line: string) => (options.json || io.isQuiet ? undefined : io.out(line));
  const engine = await engineFor(options, io, report);
  const variant = options.bare ? "bare" : "machine";
  const image = await ensureImage(engine, { variant, packages: packagesOf(topology), report });
  const { cidr } = options;
  const lab = await labUp(engine, topology, {
    name,
    project: cluster.directory,
    image,
    report,
    ...(cidr !== undefined && { cidr }),
  });
  const machines = lab.state.topology.machines.map(({ name, address }) => ({ name, address }));
  if (options.json) return io.out(JSON.stringify({ ok: true, lab: name, machines }));
  for (const { name, address } of machines) io.out(`${name} at ${address}`);
  if (!io.isQuiet) io.out(`next: ${typed(options, `apply --lab ${name}`)}`);
}

async function down(options: LabOptions, io: Io): Promise<number> {
  const cluster = await loadCluster(options.file);
  const name = nameOf(options, cluster);
  if (options.dryRun) {
    wouldDo(name, `remove lab ${name} with all its data`, options, io);
    return EXIT.done;
  }
  if (!(await confirm(io, `remove lab ${name} with all its data?`, options.yes ?? false))) {
    if (options.json) io.out(JSON.stringify({ ok: false, containers: 0, volumes: 0, networks: 0 }));
    return declined(io);
  }
  const engine = await engineFor(options, io, (line) => note(io, line));
  const removed = await labDown(engine, { project: cluster.directory, name });
  if (options.json) io.out(JSON.stringify({ ok: true, ...removed }));
  else
    io.out(
      `removed ${removed.containers} machines, ${removed.volumes} volumes, ${removed.networks} networks`,
    );
  return EXIT.done;
}

async function status(options: LabOptions, io: Io): Promise<void> {
  const lab = await openedLab(options, io);
  const { machines } = lab.state.topology;
  const rows = await Promise.all(
    machines.map(async ({ name, address }) => ({ name, address, power: await powerState(lab, name) })),
  );
  if (options.json) return io.out(JSON.stringify({ ok: true, lab: lab.state.name, machines: rows }));
  for (const { name, address, power } of rows) io.out(`${name}  ${address}  ${power}`);
  const { name } = lab.state;
  if (!io.isQuiet) io.out(`for its services: ${typed(options, `status --lab ${name}`)}`);
}
