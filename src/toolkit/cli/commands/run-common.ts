import { hostname, userInfo } from "node:os";
import { join } from "node:path";
import type { Command } from "commander";
import { Duration } from "../../../support/duration.ts";
import { clusterPaths } from "../../disk/cluster-paths.ts";
import { learnContainerKeys, openTarget, type Target, type TargetOptions } from "../../project/target.ts";
import { loadOverrides } from "../../bundle/load-overrides.ts";
import { keptSecrets } from "../../project/open-secrets.ts";
import type { RunbookContext } from "../../runbooks/runbook.ts";
import type { RunSettings } from "../../runner/attempt.ts";
import { onSignal } from "../../runner/interruption.ts";
import type { Operator } from "../../runner/plan.ts";
import { liveReporter } from "../../runner/live-reporter.ts";
import { jsonReporter, lineReporter, resultReporter } from "../../runner/reporter.ts";
import { systemEnv } from "../../runner/system-env.ts";
import { services } from "../../services/registry.ts";
import { note, type Io } from "../io.ts";
import { dryRunOption, targetOptions, yesOption } from "../options.ts";
import { openTransport } from "../transport.ts";

/** What every command that runs something on the machines takes. */
export interface RunCommandOptions extends TargetOptions {
  readonly json?: boolean;
  readonly yes?: boolean;
  readonly dryRun?: boolean;
  readonly lockWait?: string;
  readonly acceptMinority?: boolean;
}

export function runCommandOptions(command: Command): Command {
  return lockOptions(dryRunOption(yesOption(targetOptions(command)))).option(
    "--json",
    "print a line of JSON for each event instead of text",
  );
}

export function lockOptions(command: Command): Command {
  return command
    .option("--lock-wait <time>", 'how long to wait for another run to end, "10m" (default: not at all)')
    .option(
      "--accept-minority",
      "go on although most machines cannot be locked: only where they are lost for good",
    );
}

/** A target with all that a run needs; `close` gives back connections and signals. */
export interface OpenedRun {
  readonly target: Target;
  readonly settings: RunSettings;
  readonly context: RunbookContext;
  readonly close: () => Promise<void>;
}

export async function openRun(options: RunCommandOptions, io: Io): Promise<OpenedRun> {
  const target = await openTarget(options, io.environment);
  await learnContainerKeys(target);
  const { topology, directory, project, file, environment } = target;
  const transport = openTransport(target, io);
  const interruption = onSignal((line) => io.err(line));
  const all = (options.json ? jsonReporter : lineReporter)((line) => io.out(line));
  const lines = io.isQuiet ? resultReporter(all) : all;
  // A plan is read line by line, and a log must not hold the drawing of a screen.
  const isLive = io.isInteractive && !options.json && !options.dryRun && !io.isQuiet;
  const live = isLive ? liveReporter(lines) : undefined;
  const reporter = live ?? lines;
  const tell = (text: string) => io.out(JSON.stringify({ event: "note", text }));
  const settings: RunSettings = {
    transport,
    env: systemEnv,
    reporter,
    interruption,
    operator: operatorOf(io),
    pid: process.pid,
    runs: clusterPaths(directory, topology.cluster).runs,
    hooks: join(project, "hooks"),
    environment,
    lockWaitMs: options.lockWait === undefined ? 0 : Duration.parse(options.lockWait).ms,
    acceptMinority: options.acceptMinority ?? false,
    say: (line) => (options.json && !io.isQuiet ? tell(line) : note(io, line)),
    warn: (line) => (options.json ? tell(line) : io.err(line)),
  };
  const context: RunbookContext = {
    topology,
    services,
    directory,
    project: { folder: project, ...(file !== undefined && { file }) },
    environment,
    overrides: loadOverrides(project),
    secrets: keptSecrets(target, services, { dryRun: options.dryRun ?? false, env: systemEnv }),
    ...(target.hashes && { hashes: target.hashes }),
  };
  const close = async () => {
    await live?.flush();
    interruption.release();
    await transport.close();
  };
  return { target, settings, context, close };
}

/** Who types: for the lock, the journal and the audit log. */
export function operatorOf({ environment }: Io): Operator {
  const user = environment["SUDO_USER"] ?? environment["USER"] ?? userInfo().username;
  return { user, host: hostname() };
}
