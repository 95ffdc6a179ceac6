import { appendFile } from "node:fs/promises";
import { join } from "node:path";
import type { Env } from "../../support/env.ts";
import { UserError } from "../../support/errors.ts";
import type { Resolver } from "../../support/placeholder.ts";
import { makePrivateDirectory } from "../disk/replace-file.ts";
import type { Transport } from "../ssh/transport.ts";
import { auditCommand, auditText, touchedMachines, type AuditLine } from "./audit.ts";
import { runHook } from "./hooks.ts";
import type { Interruption } from "./interruption.ts";
import { runFolder } from "./journal/local-copy.ts";
import type { Journal } from "./journal/journal.ts";
import { JournalKeeper } from "./keeper.ts";
import type { ClusterLock } from "./lock/cluster-lock.ts";
import { fenced } from "./lock/fence.ts";
import { mayRepeat } from "./may-repeat.ts";
import type { Operator, Plan, Runnable, RunIdentity } from "./plan.ts";
import { Recorder } from "./recorder.ts";
import type { Reporter } from "./reporter.ts";
import { GroupUndone, runPhases, type RunOptions, type RunResult } from "./run-phases.ts";

/** The surroundings of a run. */
export interface RunSettings {
  readonly transport: Transport;
  readonly env: Env;
  readonly reporter: Reporter;
  readonly interruption: Interruption;
  /** Who sits here. */
  readonly operator: Operator;
  /** The process, by which a later one on this computer knows whether this one died. */
  readonly pid: number;
  /** The folder of all runs of the cluster on this computer. */
  readonly runs: string;
  /** The folder of the project's hooks. */
  readonly hooks: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly lockWaitMs: number;
  readonly acceptMinority: boolean;
  /** A sentence for the person, beside the reporter's lines. */
  say(line: string): void;
  /** A fault that does not end the run. */
  warn(line: string): void;
}

/** One process working on one run: with the lock in its hands, its journal open, and a plan. */
export interface Attempt {
  readonly runnable: Runnable;
  readonly run: RunIdentity;
  readonly plan: Plan;
  readonly lock: ClusterLock;
  readonly journal: Journal;
  readonly settings: RunSettings;
}

/** How the commands of a run are sent: fenced, recorded, and with the secrets of its plan. */
export function runOptions({ plan, lock, journal, settings }: Attempt, recorder: Recorder): RunOptions {
  return {
    transport: settings.transport,
    env: settings.env,
    reporter: settings.reporter,
    recorder,
    dryRun: false,
    resolverOf: plan.resolverOf ?? noPlaceholders,
    interruption: settings.interruption,
    fence: lock,
    keeper: new JournalKeeper(journal),
  };
}

/** Every command that the run sends, beside its journal. */
export function commandRecorder({ settings, run }: Attempt): Recorder {
  return new Recorder(join(runFolder(settings.runs, run.id), "commands.jsonl"));
}

/** An error of the run as the person is told it: with the place of its log. */
export function withLog({ settings, run }: Attempt, error: unknown): unknown {
  if (!(error instanceof UserError)) return error;
  const message = `${error.message}\n  its journal and every command that was sent: ${runFolder(settings.runs, run.id)}`;
  return new UserError(error.code, message, error.remedy, { cause: error });
}

/** Does what is left of the plan and ends the run, or leaves it so that it can be resumed. */
export async function carryOut(attempt: Attempt, event: "begins" | "resumed"): Promise<RunResult> {
  const { journal, plan } = attempt;
  const recorder = commandRecorder(attempt);
  let isPrepared = plan.before !== undefined && event === "resumed";
  try {
    await audit(attempt, event);
    await hook(attempt, "before");
    isPrepared ||= plan.before !== undefined;
    await plan.before?.(event);
    const result = await runPhases(plan.phases, runOptions(attempt, recorder));
    // What is concluded on this computer is not fenced: the lock must be seen to be ours first.
    await journal.flush();
    await plan.conclude?.();
    await journal.end("done");
    await finish(attempt, "done");
    if (plan.next !== undefined) attempt.settings.say(`next: ${plan.next}`);
    return result;
  } catch (error) {
    throw await stopped(attempt, error, isPrepared);
  } finally {
    await recorder.close();
  }
}

/**
 * Notes why the run stopped, and tells the person what can be typed now.
 *
 * @param isPrepared whether what its plan does before the first step was begun
 */
async function stopped(attempt: Attempt, error: unknown, isPrepared: boolean): Promise<unknown> {
  if (!(error instanceof UserError)) return error;
  const { journal, runnable, run } = attempt;
  journal.note({ kind: "stopped", code: error.code, message: error.message });
  const isUndone = error instanceof GroupUndone && journal.record.finishedPhases.size === 0;
  // What looks anew when it is typed again, and has nothing to take back, is over: it stands in nobody's way.
  const hasBegun = isPrepared || journal.record.startedSteps.length > 0;
  const isRepeated = error.code !== "LOCK_LOST" && (!hasBegun || mayRepeat(runnable, journal.record));
  const isOver = isUndone || (isRepeated && !leavesSomething(attempt));
  if (isOver) await journal.end(isUndone ? "undone" : "failed").catch(() => undefined);
  else await journal.flush().catch(() => undefined);
  await finish(attempt, isUndone ? "undone" : "stopped");
  if (isOver || isRepeated) return withLog(attempt, error);
  const unfinished = new UserError(
    error.code,
    `${error.message}\n  the run ${run.id} stopped after ${progress(attempt)}`,
    `${FIRST[error.code] ?? `${error.remedy}; then `}mbctl resume goes on with it, mbctl abort takes back what it did`,
    { cause: error },
  );
  return withLog(attempt, unfinished);
}

/** What comes before a resume, where the remedy of the error itself is to run the command again. */
const FIRST: Readonly<Record<string, string>> = {
  INTERRUPTED: "",
  STEP_FAILED: "mend the cause; then ",
  GATE_TIMEOUT: "mend the cause; then ",
};

function leavesSomething({ plan, journal }: Attempt): boolean {
  return new JournalKeeper(journal).toUndo(plan.phases).some(({ step }) => step.undo !== undefined);
}

function progress({ plan, journal }: Attempt): string {
  const { finishedPhases } = journal.record;
  const done = plan.phases.filter(({ title }) => finishedPhases.has(title)).length;
  return `${done} of ${plan.phases.length} parts`;
}

async function finish(attempt: Attempt, outcome: "done" | "stopped" | "undone"): Promise<void> {
  await audit(attempt, outcome);
  // What it was to tell of has happened: its failure changes nothing about that.
  await hook(attempt, "after", outcome).catch((error: unknown) => {
    if (!(error instanceof UserError)) throw error;
    attempt.settings.warn(error.message);
  });
}

/** A machine that cannot be told now has the run's journal, or was not touched. */
export async function audit(attempt: Attempt, event: AuditLine["event"]): Promise<void> {
  const { settings, lock, plan, run, runnable } = attempt;
  const line: AuditLine = {
    at: settings.env.now(),
    run: run.id,
    operator: settings.operator,
    command: runnable.command,
    event,
  };
  await makePrivateDirectory(settings.runs);
  await appendFile(join(settings.runs, "audit.log"), auditText(line), { mode: 0o600 });
  const touched = new Set(touchedMachines(plan.phases));
  await Promise.allSettled(
    lock.machines
      .filter((machine) => touched.has(machine))
      .map((machine) => settings.transport.run(machine, fenced(auditCommand(line), lock.token))),
  );
}

function hook(
  { settings, runnable, run }: Attempt,
  moment: "before" | "after",
  outcome?: string,
): Promise<void> {
  const facts = {
    cluster: runnable.cluster,
    run: run.id,
    runbook: runnable.runbook,
    arguments: runnable.arguments,
    ...(outcome !== undefined && { outcome }),
  };
  return runHook(settings.hooks, moment, facts, settings.environment, (line) => settings.say(line));
}

/** For plans that know no secret: to meet a placeholder is a fault of ours. */
export function noPlaceholders(machine: string): Resolver {
  const refuse = (): never => {
    throw new Error(`a command for ${machine} bears a placeholder, and its plan says nothing of secrets`);
  };
  return { secret: refuse, fact: refuse };
}
