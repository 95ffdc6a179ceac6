import { App } from "cdktf";
import type { Command } from "commander";
import Table from "cli-table3";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { ClusterStack } from "../../constructs/index.ts";
import { loadCluster } from "../../project/load-cluster.ts";
import { secretVersions } from "../../project/secret-versions.ts";
import type { Io } from "../io.ts";
import { example, fileOption, jsonOption, typed } from "../options.ts";

interface Options {
  readonly file?: string;
  readonly out: string;
  readonly json?: boolean;
}

export function addSynth(program: Command, io: Io): void {
  const command = program
    .command("synth")
    .description("write what the cluster becomes: Terraform's input, and every file of every machine")
    .option("-o, --out <folder>", "where to", "cdktf.out");
  example(jsonOption(fileOption(command)), "mbctl synth --file examples/three-machines.yaml").action(
    (options: Options) => synth(options, io),
  );
}

async function synth(options: Options, io: Io): Promise<void> {
  const { spec, directory } = await loadCluster(options.file);
  const versionOf = await secretVersions(directory, spec);
  await mkdir(options.out, { recursive: true });
  const app = new App({ outdir: options.out });
  const { cluster } = new ClusterStack(app, spec, { project: directory, versionOf });
  app.synth();
  const folder = join(options.out, "stacks", spec.name);
  const machines = cluster.machines.bundles.map(({ machine, hash, files }) => ({
    machine,
    files: files.length,
    hash,
  }));
  if (options.json) return io.out(JSON.stringify({ ok: true, folder, machines }));
  const table = new Table({ head: ["machine", "roles", "files", "hash"], style: { head: [], border: [] } });
  const { topology } = cluster.machines;
  for (const { machine, files, hash } of machines) {
    const { roles } = topology.machines.find(({ name }) => name === machine)!;
    table.push([machine, roles.join(" "), files, hash.slice(0, 12)]);
  }
  io.out(`${table.toString()}\nwritten to ${folder}`);
  if (!io.isQuiet) io.out(`next: ${typed(options, "validate")}, then ${typed(options, "lab up")}`);
}
