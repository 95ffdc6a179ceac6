import { UserError } from "../../support/errors.ts";
import {
  audit,
  carryOut,
  commandRecorder,
  runOptions,
  withLog,
  type Attempt,
  type RunSettings,
} from "./attempt.ts";
import { openRuns } from "./journal/find-runs.ts";
import type { Begun } from "./journal/entry.ts";
import { Journal } from "./journal/journal.ts";
import type { RunRecord } from "./journal/run-record.ts";
import { JournalKeeper } from "./keeper.ts";
import type { Plan, Runnable } from "./plan.ts";
import type { RunResult } from "./run-phases.ts";
import { Sender } from "./sender.ts";
import { takeLock } from "./take-lock.ts";
import { undoSteps } from "./undo.ts";

export interface ResumeSettings extends RunSettings {
  readonly machines: readonly string[];
  /** Which run; where it is not named there must be one only. */
  readonly run?: string;
  /** The person knows that whoever worked on the run is gone, although the lock is fresh. */
  readonly takeOver: boolean;
  /** The runbook that was begun, bound to its arguments. Throws a UserError where there is none of that name. */
  readonly bind: (begun: Begun) => Runnable;
  readonly confirm?: (record: RunRecord) => Promise<boolean>;
}

/**
 * Goes on with a run that stopped or whose process died, also one of another computer. Resolves to undefined when the
 * person said no. Throws RUN_NONE, RUN_AMBIGUOUS, RUN_DESCRIPTION_CHANGED, RUN_OTHER_VERSION, and what startRun throws.
 */
export async function resumeRun(settings: ResumeSettings): Promise<RunResult | undefined> {
  return withOpenRun(settings, async (attempt) => {
    await attempt.journal.announce({
      kind: "resumed",
      operator: settings.operator,
      command: attempt.runnable.command,
    });
    return carryOut(attempt, "resumed");
  });
}

/** Takes back what an unfinished run did, last first, and ends it. Resolves like resumeRun; throws UNDO_FAILED, INTERRUPTED. */
export async function abortRun(settings: ResumeSettings): Promise<RunResult | undefined> {
  return withOpenRun(settings, async (attempt) => {
    const { plan, journal } = attempt;
    const recorder = commandRecorder(attempt);
    const options = runOptions(attempt, recorder);
    const keeper = new JournalKeeper(journal);
    const steps = keeper.toUndo(plan.phases);
    try {
      await journal.announce({ kind: "aborting", operator: settings.operator });
      await undoSteps(steps, new Sender(options), keeper, settings.reporter, settings.interruption);
      await journal.end("aborted");
      await audit(attempt, "aborted");
      return { steps: steps.filter(({ step }) => step.undo !== undefined).length };
    } catch (error) {
      if (error instanceof UserError)
        journal.note({ kind: "stopped", code: error.code, message: error.message });
      await journal.flush().catch(() => undefined);
      throw withLog(attempt, error);
    } finally {
      await recorder.close();
    }
  });
}

/** Ends an unfinished run without doing anything: for one whose runbook or description is gone. */
export async function forgetRun(settings: Omit<ResumeSettings, "bind">): Promise<boolean> {
  const record = await findOpenRun(settings);
  if (settings.confirm && !(await settings.confirm(record))) return false;
  const runnable = { command: record.begun.command, machines: settings.machines };
  const lock = await takeLock(runnable, record.begun.run, settings, isOurs(record, settings));
  try {
    const journal = new Journal({ ...settings, run: record.begun.run, lock }, record.entries);
    await journal.end("aborted");
    return true;
  } finally {
    await lock.release();
  }
}

async function withOpenRun(
  settings: ResumeSettings,
  work: (attempt: Attempt) => Promise<RunResult>,
): Promise<RunResult | undefined> {
  const record = await findOpenRun(settings);
  if (settings.confirm && !(await settings.confirm(record))) return undefined;
  const runnable = settings.bind(record.begun);
  if (runnable.description !== record.begun.description) throw descriptionChanged(record);
  const { run } = record.begun;
  const lock = await takeLock(runnable, run, settings, isOurs(record, settings));
  try {
    // Whoever had the lock before may have gone on with it until now.
    const now = await findOpenRun({ ...settings, run });
    const identity = { id: run, at: now.at, operator: now.begun.operator };
    const plan = await runnable.plan(new Map(Object.entries(now.begun.answers)), identity);
    refuseUnknownPhases(now, plan);
    const journal = new Journal({ ...settings, run, lock }, now.entries);
    return await work({ runnable, run: identity, plan, lock, journal, settings });
  } finally {
    await lock.release();
  }
}

/** What this plan does not have it could neither go on with nor take back, and the run would be said to be over. */
function refuseUnknownPhases({ begun, finishedPhases, startedSteps }: RunRecord, { phases }: Plan): void {
  const known = new Set(phases.map(({ title }) => title));
  const done = [...finishedPhases, ...startedSteps.map(({ phase }) => phase)];
  const unknown = done.find((title) => !known.has(title));
  if (unknown === undefined) return;
  throw new UserError(
    "RUN_OTHER_VERSION",
    `${begun.run} (${begun.command}) came to "${unknown}", which this mbctl does not plan: another version of it began the run`,
    "resume or abort it with that version; if there is none any more, end the run as it stands: mbctl abort --forget",
  );
}

function isOurs({ begun }: RunRecord, { takeOver }: Pick<ResumeSettings, "takeOver">) {
  return ({ holder }: { readonly holder: { readonly run: string } }) => takeOver && holder.run === begun.run;
}

async function findOpenRun(settings: Omit<ResumeSettings, "bind">): Promise<RunRecord> {
  const open = await openRuns(settings.runs, settings.machines, settings.transport);
  const chosen = open.filter(({ begun }) => settings.run === undefined || begun.run === settings.run);
  if (chosen.length > 1) throw ambiguous(chosen.map(({ begun }) => begun.run));
  if (!chosen[0])
    throw none(
      settings.run,
      open.map(({ begun }) => begun.run),
    );
  return chosen[0];
}

function none(wanted: string | undefined, open: readonly string[]): UserError {
  const message =
    wanted === undefined ? "no run was left unfinished" : `there is no unfinished run ${wanted}`;
  return new UserError(
    "RUN_NONE",
    message,
    open.length > 0 ? `unfinished: ${open.join(", ")}` : "mbctl runs shows what was done",
  );
}

function ambiguous(runs: readonly string[]): UserError {
  return new UserError(
    "RUN_AMBIGUOUS",
    `${runs.length} runs were left unfinished: ${runs.join(", ")}`,
    "name one: mbctl resume <run>",
  );
}

function descriptionChanged({ begun }: RunRecord): UserError {
  return new UserError(
    "RUN_DESCRIPTION_CHANGED",
    `the description of the cluster is not the one with which ${begun.run} (${begun.command}) was begun`,
    "put that one back and resume, or end the run as it stands: mbctl abort --forget",
  );
}
