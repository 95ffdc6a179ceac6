import type { Command } from "commander";
import { join } from "node:path";
import { UserError } from "../../../support/errors.ts";
import { clusterPaths } from "../../disk/cluster-paths.ts";
import { makePrivateDirectory } from "../../disk/replace-file.ts";
import { learnContainerKeys, openTarget, type Target } from "../../project/target.ts";
import { runApply } from "../../runbooks/apply/run-apply.ts";
import { Recorder } from "../../runner/recorder.ts";
import { jsonReporter, lineReporter } from "../../runner/reporter.ts";
import { onSignal } from "../../runner/interruption.ts";
import { systemEnv } from "../../runner/system-env.ts";
import { services } from "../../services/registry.ts";
import { SshTransport } from "../../ssh/ssh-transport.ts";
import { machineNamed } from "../../topology/topology.ts";
import { throwawayVault } from "../../vault/throwaway-vault.ts";
import { openVault, type SecretStore } from "../../vault/vault.ts";
import { EXIT } from "../exit-codes.ts";
import { confirm, type Io } from "../io.ts";
import { example, targetOptions, yesOption } from "../options.ts";

interface Options {
  readonly file?: string;
  readonly lab?: boolean | string;
  readonly stack?: string;
  readonly identity?: readonly string[];
  readonly json?: boolean;
  readonly yes?: boolean;
  readonly dryRun?: boolean;
}

export function addApply(program: Command, io: Io, end: (code: number) => void): void {
  const command = program
    .command("apply")
    .description(
      "make the machines what the description says: packages, files, services, clusters; safe to repeat",
    )
    .option(
      "-n, --dry-run",
      "look at the machines and print what would be done (exit code 2 when there is something)",
    );
  example(
    yesOption(targetOptions(command)).option("--json", "print a line of JSON for each event instead of text"),
    "mbctl apply --dry-run",
    "mbctl apply --lab --yes",
  ).action(async (options: Options) => end(await apply(options, io)));
}

export async function apply(options: Options, io: Io): Promise<number> {
  const target = await openTarget(options, io.environment);
  const { topology } = target;
  const dryRun = options.dryRun ?? false;
  const names = topology.machines.map(({ name }) => name).join(", ");
  if (!dryRun && !(await confirm(io, `apply ${topology.cluster} to ${names}?`, options.yes ?? false))) {
    io.err("nothing was changed");
    return EXIT.failed;
  }
  await learnContainerKeys(target);
  const secrets = await secretsOf(target, dryRun);
  const transport = new SshTransport((name) => machineNamed(topology, name).ssh, target.ssh);
  const interruption = onSignal((line) => io.err(line));
  const recorder = new Recorder(dryRun ? undefined : await runLog(target));
  try {
    const { steps } = await runApply({
      topology,
      services,
      secrets,
      transport,
      env: systemEnv,
      reporter: (options.json ? jsonReporter : lineReporter)((line) => io.out(line)),
      interruption,
      recorder,
      dryRun,
      ...(target.hashes && { hashes: target.hashes }),
    });
    return dryRun && steps > 0 ? EXIT.changes : EXIT.done;
  } finally {
    interruption.release();
    await recorder.close();
    await transport.close();
  }
}

/** What is sent to machines is kept, so that a person can read later what a run did. */
async function runLog({ directory, topology }: Target): Promise<string> {
  const { runs } = clusterPaths(directory, topology.cluster);
  await makePrivateDirectory(runs);
  return join(runs, `${new Date(systemEnv.now()).toISOString().replaceAll(":", "-")}-apply.jsonl`);
}

/** A dry run makes nothing: before the first deployment it goes by made-up secrets. */
async function secretsOf(
  { topology, directory, environment }: Target,
  dryRun: boolean,
): Promise<SecretStore> {
  const requests = services.flatMap((service) => service.secrets(topology));
  const open = { directory, cluster: topology.cluster, env: systemEnv, environment };
  try {
    const vault = await openVault({ ...open, create: !dryRun });
    await vault.ensure(requests, { keep: !dryRun });
    return vault;
  } catch (error) {
    if (!dryRun || !(error instanceof UserError) || error.code !== "VAULT_MISSING") throw error;
    return throwawayVault(requests, systemEnv.now());
  }
}
