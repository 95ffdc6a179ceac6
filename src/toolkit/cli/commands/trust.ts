import type { Command } from "commander";
import { UserError } from "../../../support/errors.ts";
import { throwAny } from "../../../support/failures.ts";
import { nearest } from "../../../support/nearest.ts";
import { openTarget } from "../../project/target.ts";
import { describeKey } from "../../ssh/host-key.ts";
import { addKnownHost, forgetKnownHost } from "../../ssh/known-hosts-file.ts";
import { fetchHostKey } from "../../ssh/connect.ts";
import { resolveLogin } from "../../ssh/login.ts";
import type { Machine, Topology } from "../../topology/topology.ts";
import { confirm, type Io } from "../io.ts";
import { dryRunOption, example, fileOption, jsonOption, yesOption } from "../options.ts";

interface Options {
  readonly file?: string;
  readonly json?: boolean;
  readonly yes?: boolean;
  readonly forget?: boolean;
  readonly dryRun?: boolean;
}

export function addTrust(program: Command, io: Io): void {
  const command = program
    .command("trust [machine...]")
    .description(
      "show the host keys of machines and remember them, so that later connections are held to them",
    )
    .option("--forget", "first forget the keys known so far: for machines that were made anew");
  example(
    jsonOption(dryRunOption(yesOption(fileOption(command)))),
    "mbctl trust",
    "mbctl trust node-2 --forget",
  ).action((machines: string[], options: Options) => trust(machines, options, io));
}

async function trust(names: readonly string[], options: Options, io: Io): Promise<void> {
  const { topology, ssh } = await openTarget({ file: options.file }, io.environment);
  const [knownHosts] = ssh.knownHostsFiles;
  const chosen = names.length === 0 ? topology.machines : names.map((name) => knownMachine(topology, name));
  const shown: { machine: string; key: string; isNew: boolean }[] = [];
  const silent: unknown[] = [];
  for (const machine of chosen) {
    const login = await resolveLogin(machine.name, machine.ssh, ssh);
    const key = await fetchHostKey(machine.name, login).catch((error: unknown) => void silent.push(error));
    if (!key) continue;
    const text = describeKey(key);
    if (!options.json) io.out(`${machine.name} (${login.host} port ${login.port}) shows ${text}`);
    if (options.dryRun || !(await confirm(io, `trust this key for ${machine.name}?`, options.yes ?? false)))
      continue;
    if (options.forget) await forgetKnownHost(knownHosts!, login);
    shown.push({ machine: machine.name, key: text, isNew: await addKnownHost(knownHosts!, login, key) });
  }
  // The others are known by now; the command is safe to repeat.
  throwAny(silent);
  if (options.json) return io.out(JSON.stringify({ ok: true, file: knownHosts, machines: shown }));
  const count = shown.filter(({ isNew }) => isNew).length;
  io.out(`${count} new key(s) in ${knownHosts}`);
}

function knownMachine(topology: Topology, name: string): Machine {
  const machine = topology.machines.find((candidate) => candidate.name === name);
  if (machine) return machine;
  const names = topology.machines.map((candidate) => candidate.name);
  const near = nearest(name, names);
  throw new UserError(
    "MACHINE_UNKNOWN",
    `${topology.cluster} has no machine ${JSON.stringify(name)}`,
    near ? `did you mean ${near}?` : `name one of ${names.join(", ")}`,
  );
}
