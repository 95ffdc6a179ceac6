import type { Command } from "commander";
import { throwAny } from "../../../support/failures.ts";
import { openTarget } from "../../project/target.ts";
import { fetchHostKey } from "../../ssh/connect.ts";
import { Gateways } from "../../ssh/gateways.ts";
import { describeKey, type HostKey } from "../../ssh/host-key.ts";
import { addKnownHost, forgetKnownHost, readKnownHosts } from "../../ssh/known-hosts-file.ts";
import { type Login, type Route, Routes } from "../../ssh/login.ts";
import type { SshOptions } from "../../ssh/options.ts";
import { Starts } from "../../ssh/starts.ts";
import type { Topology } from "../../topology/topology.ts";
import { assertMachines } from "../../topology/known-machine.ts";
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
  const places = await placesOf(topology, new Routes(ssh));
  const known = places.map(({ name }) => name);
  assertMachines(names, known, topology.cluster);
  const chosen = places.filter(({ name, jumpsTo }) => isChosen(name, names) || jumpsTo.some((machine) => isChosen(machine, names))); // prettier-ignore
  const shown: { machine: string; key: string; isNew: boolean }[] = [];
  const silent: unknown[] = [];
  for (const { name, login, hops } of chosen) {
    const key = await showKey(login, hops, ssh).catch((error: unknown) => void silent.push(error));
    if (!key) continue;
    // A jump host that nobody named is on the way only: there is nothing to say of one that is known.
    const isOnTheWay = !isChosen(name, names);
    if (isOnTheWay && (await isKnown(ssh.knownHostsFiles, login, key))) continue;
    const text = describeKey(key);
    if (!options.json) io.out(`${login.label} (${login.host} port ${login.port}) shows ${text}`);
    const forgets = (options.forget ?? false) && !isOnTheWay;
    if (options.dryRun) {
      const isNew = forgets || !(await isKnown([knownHosts!], login, key));
      shown.push({ machine: name, key: text, isNew });
      continue;
    }
    if (!(await confirm(io, `trust this key for ${login.label}?`, options.yes ?? false))) continue;
    if (forgets) await forgetKnownHost(knownHosts!, login);
    shown.push({ machine: name, key: text, isNew: await addKnownHost(knownHosts!, login, key) });
  }
  // The others are known by now; the command is safe to repeat.
  throwAny(silent);
  if (options.json) return io.out(JSON.stringify({ ok: true, file: knownHosts, machines: shown }));
  const count = shown.filter(({ isNew }) => isNew).length;
  io.out(`${count} new key(s) ${options.dryRun ? "would be written to" : "in"} ${knownHosts}`);
}

async function isKnown(files: readonly string[], login: Login, key: HostKey): Promise<boolean> {
  return (await readKnownHosts(files)).judge(login, key).kind === "known";
}

/** A machine, or a jump host on the way to some. */
interface Place extends Route {
  readonly name: string;
  readonly jumpsTo: readonly string[];
}

/** Jump hosts before what is behind them: their keys must be known first. */
async function placesOf({ machines }: Topology, routes: Routes): Promise<readonly Place[]> {
  const found = await Promise.all(
    machines.map(async ({ name, ssh }) => ({ name, ...(await routes.to(name, ssh)) })),
  );
  const jumps = found.flatMap(({ hops }) =>
    hops.map((login, index) => ({ login, hops: hops.slice(0, index) })),
  );
  const byName = Map.groupBy(jumps, ({ login }) => login.label);
  const jumpHosts = [...byName.values()].map(([first]) => ({
    ...first!,
    name: first!.login.label.replace(/^jump host /, ""),
    jumpsTo: found
      .filter(({ hops }) => hops.some(({ label }) => label === first!.login.label))
      .map(({ name }) => name),
  }));
  const order = jumpHosts.toSorted((one, other) => one.hops.length - other.hops.length);
  return [...order, ...found.map((machine) => ({ ...machine, jumpsTo: [] }))];
}

function isChosen(name: string, names: readonly string[]): boolean {
  return names.length === 0 || names.includes(name);
}

/** By connections of its own: the keys of the jump hosts before it may just have become known. */
async function showKey(login: Login, hops: readonly Login[], ssh: SshOptions): Promise<HostKey> {
  const gateways = new Gateways(ssh, () => readKnownHosts(ssh.knownHostsFiles), new Starts(ssh.limits));
  try {
    return await fetchHostKey(login, ssh, gateways.through(hops));
  } finally {
    await gateways.close();
  }
}
