import type { Command } from "commander";
import { describeHolder, isStale, type LockOnMachine } from "../../runner/lock/holder.ts";
import { holdByHand, releaseByHand } from "../../runner/lock/by-hand.ts";
import { lockOn } from "../../runner/lock/seen.ts";
import { EXIT } from "../exit-codes.ts";
import type { Io } from "../io.ts";
import { example, jsonOption, targetOptions } from "../options.ts";
import { lockOptions, openRun, type OpenedRun, type RunCommandOptions } from "./run-common.ts";

interface LockCommandOptions extends RunCommandOptions {
  readonly message?: string;
  readonly force?: boolean;
}

export function addLock(program: Command, io: Io, end: (code: number) => void): void {
  const lock = example(
    program.command("lock").description("see, take or give back the lock that keeps two runs apart"),
    "mbctl lock status",
  );
  example(
    jsonOption(
      targetOptions(lock.command("status").description("who holds the lock, as each machine has it")),
    ),
    "mbctl lock status",
  ).action(async (options: LockCommandOptions) => end(await withLock(options, io, lockStatus)));
  example(
    lockOptions(
      targetOptions(
        lock
          .command("acquire")
          .description("keep everybody from changing the cluster, until it is given back")
          .requiredOption("-m, --message <text>", "what others are told"),
      ),
    ),
    'mbctl lock acquire --message "the power company works until noon"',
  ).action(async (options: LockCommandOptions) => end(await withLock(options, io, acquire)));
  example(
    targetOptions(
      lock
        .command("release")
        .description("give back a lock taken by hand, or with --force one of anybody")
        .option("--force", "also a lock of somebody else, and of a run: only when that is known to be dead"),
    ),
    "mbctl lock release",
  ).action(async (options: LockCommandOptions) => end(await withLock(options, io, release)));
}

async function withLock(
  options: LockCommandOptions,
  io: Io,
  work: (opened: OpenedRun, options: LockCommandOptions, io: Io) => Promise<number>,
): Promise<number> {
  const opened = await openRun(options, io);
  try {
    return await work(opened, options, io);
  } finally {
    await opened.close();
  }
}

async function lockStatus(
  { settings, context }: OpenedRun,
  options: LockCommandOptions,
  io: Io,
): Promise<number> {
  const machines = await Promise.all(
    context.topology.machines.map(async ({ name }) => ({
      machine: name,
      ...(await lockOn(name, settings.transport).then(
        (lock) => ({ lock }),
        (error: Error) => ({ unreachable: error.message }),
      )),
    })),
  );
  if (options.json) io.out(JSON.stringify({ ok: true, machines }));
  else for (const { machine, ...found } of machines) io.out(`${machine}: ${stateOf(found)}`);
  return EXIT.done;
}

function stateOf(found: {
  readonly lock?: LockOnMachine | undefined;
  readonly unreachable?: string;
}): string {
  if (found.unreachable !== undefined) return `does not answer: ${found.unreachable}`;
  if (!found.lock) return "free";
  return `${describeHolder(found.lock)}${isStale(found.lock) ? ", so it is stale" : ""}`;
}

async function acquire(
  { settings, context }: OpenedRun,
  options: LockCommandOptions,
  io: Io,
): Promise<number> {
  const machines = await holdByHand(context.topology, options.message!, settings);
  io.out(`held on ${machines.join(", ")} until: mbctl lock release`);
  return EXIT.done;
}

async function release(
  { settings, context }: OpenedRun,
  options: LockCommandOptions,
  io: Io,
): Promise<number> {
  const released = await releaseByHand(context.topology, options.force ?? false, settings);
  io.out(released.length > 0 ? `given back on ${released.join(", ")}` : "there was no lock");
  return EXIT.done;
}
