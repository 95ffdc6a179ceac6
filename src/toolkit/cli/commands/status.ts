import type { Command } from "commander";
import { learnContainerKeys, openTarget, type Target, type TargetOptions } from "../../project/target.ts";
import { systemEnv } from "../../runner/system-env.ts";
import { services } from "../../services/registry.ts";
import type { Judged } from "../../status/changes.ts";
import { collectStatus } from "../../status/collect.ts";
import { statusDocument } from "../../status/document.ts";
import { isWhole } from "../../status/finding.ts";
import { findings } from "../../status/judge.ts";
import { blockText, frameText, Screen } from "../../status/screen.ts";
import { statusTable } from "../../status/table.ts";
import { watch } from "../../status/watch.ts";
import { EXIT } from "../exit-codes.ts";
import type { Io } from "../io.ts";
import { example, jsonOption, targetOptions } from "../options.ts";
import { readSeconds } from "../seconds.ts";
import { openTransport } from "../transport.ts";

interface Options extends TargetOptions {
  readonly json?: boolean;
  readonly timeout: string;
  readonly watch?: boolean | string;
}

const DEFAULT_INTERVAL_SECONDS = "2";

export function addStatus(program: Command, io: Io, end: (code: number) => void): void {
  const command = program
    .command("status")
    .description("ask every machine how each service does, and say what to type where one does not")
    .option("--timeout <seconds>", "the longest that a machine is waited for", "10")
    .option("-w, --watch [seconds]", "look again and again, with a pause between");
  example(jsonOption(targetOptions(command)), "mbctl status --lab", "mbctl status --watch").action(
    async (options: Options) => end(await status(options, io)),
  );
}

export async function status(options: Options, io: Io): Promise<number> {
  const timeoutMs = readSeconds("--timeout", options.timeout);
  const intervalMs =
    options.watch === undefined
      ? undefined
      : readSeconds("--watch", options.watch === true ? DEFAULT_INTERVAL_SECONDS : String(options.watch));
  const target = await openTarget(options, io.environment);
  await learnContainerKeys(target);
  const transport = openTransport(hurried(target, timeoutMs), io);
  const look = async (): Promise<Judged> => {
    const { topology } = target;
    const found = await collectStatus(topology, services, transport, { env: systemEnv, timeoutMs });
    return { status: found, findings: findings({ topology, status: found }) };
  };
  try {
    if (intervalMs !== undefined) return await watched(look, intervalMs, options.json ?? false, io);
    const judged = await look();
    io.out(options.json ? documentOf(judged) : `${statusTable(judged.status, judged.findings)}`);
    return exitCode(judged);
  } finally {
    await transport.close();
  }
}

/** Ctrl-C is the way out of it: the exit code says what the last look found. */
async function watched(
  look: () => Promise<Judged>,
  intervalMs: number,
  json: boolean,
  io: Io,
): Promise<number> {
  const over = new AbortController();
  const end = (): void => over.abort();
  const screen =
    io.isInteractive && !json
      ? new Screen({
          write: (text) => void process.stdout.write(text),
          rows: () => process.stdout.rows ?? 24,
          columns: () => process.stdout.columns ?? 80,
        })
      : undefined;
  process.on("SIGINT", end);
  process.on("SIGTERM", end);
  try {
    const last = await watch({
      look,
      intervalMs,
      env: systemEnv,
      signal: over.signal,
      show: (frame, isNew) => {
        if (screen) screen.draw(frameText(frame));
        else if (isNew) io.out(json ? documentOf(frame.judged) : blockText(frame));
      },
    });
    screen?.close();
    if (screen && last) io.out(statusTable(last.status, last.findings));
    return last ? exitCode(last) : EXIT.interrupted;
  } finally {
    screen?.close();
    process.off("SIGINT", end);
    process.off("SIGTERM", end);
  }
}

function documentOf({ status, findings }: Judged): string {
  return JSON.stringify(statusDocument(status, findings));
}

function exitCode({ findings }: Judged): number {
  return isWhole(findings) ? EXIT.done : EXIT.failed;
}

/** Whoever asks how things are does not wait for a dead machine as long as whoever changes it. */
export function hurried(target: Target, timeoutMs: number): Target {
  const { limits } = target.ssh;
  const hurriedLimits = {
    ...limits,
    connectTimeoutMs: Math.min(limits.connectTimeoutMs, timeoutMs),
    channelTimeoutMs: Math.min(limits.channelTimeoutMs, timeoutMs),
  };
  return { ...target, ssh: { ...target.ssh, limits: hurriedLimits } };
}
