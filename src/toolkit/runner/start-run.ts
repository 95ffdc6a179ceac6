import { randomBytes } from "node:crypto";
import { UserError } from "../../support/errors.ts";
import { sha256 } from "../../support/hash.ts";
import { plannedStages } from "../steps/phase.ts";
import { carryOut, noPlaceholders, type RunSettings } from "./attempt.ts";
import { openRuns } from "./journal/find-runs.ts";
import { Journal } from "./journal/journal.ts";
import type { RunRecord } from "./journal/run-record.ts";
import { lockInTheWay, takeLock } from "./take-lock.ts";
import { LockHeld, type ClusterLock } from "./lock/cluster-lock.ts";
import type { LockOnMachine } from "./lock/holder.ts";
import { mayRepeat } from "./may-repeat.ts";
import type { Plan, Runnable, RunIdentity } from "./plan.ts";
import { Recorder } from "./recorder.ts";
import { runPhases, type RunResult } from "./run-phases.ts";
import { takeSurvey } from "./survey.ts";

export interface StartSettings extends RunSettings {
  /** Looks for real, decides, and reports the steps instead of running them. Takes no lock. */
  readonly dryRun: boolean;
  /** Shows the plan and asks; absent where nobody is asked. */
  readonly confirm?: (plan: Plan) => Promise<boolean>;
}

/**
 * Begins a run and carries it out.
 *
 * A person is shown the plan before the lock is taken, as they may think for an hour; then everything is looked at
 * again, and a plan that came out otherwise is not carried out. Nobody is shown a plan that an earlier run stands in
 * the way of. Resolves to undefined when the person said no. Throws
 * LOCK_HELD, LOCK_NO_MAJORITY, RUN_UNFINISHED, PLAN_CHANGED before anything is changed, and what carryOut throws.
 */
export async function startRun(runnable: Runnable, settings: StartSettings): Promise<RunResult | undefined> {
  const run = identity(runnable, settings);
  let shown: Plan | undefined;
  if (settings.dryRun || settings.confirm) {
    const held = await lockInTheWay(runnable, settings);
    if (held && settings.confirm && !isWaitedFor(held.lock, settings))
      throw new LockHeld(held.machine, held.lock);
    // Also before anything is shown: what the run would end with, and what a plan that refuses may refuse for. A run that
    // is at work is not among it: whoever takes the lock later meets what it leaves.
    await earlierRuns(runnable, settings, held?.lock.holder.run);
    shown = await runnable.plan(await takeSurvey(runnable.survey, settings), run);
    if (settings.dryRun) return rehearse(shown, settings);
    if (!(await settings.confirm!(shown))) return undefined;
  }
  const lock = await takeLock(runnable, run.id, settings);
  try {
    const earlier = await earlierRuns(runnable, settings);
    const answers = await takeSurvey(runnable.survey, settings);
    const plan = await runnable.plan(answers, run);
    if (shown && fingerprint(shown) !== fingerprint(plan)) throw planChanged();
    if (!shown) tellNotes(plan, settings);
    // Only now: a plan that refuses must not cost anybody the run that can be resumed.
    for (const record of earlier) await supersede(record, lock, settings);
    const journal = new Journal({ ...settings, run: run.id, lock });
    await journal.announce({
      kind: "begun",
      run: run.id,
      cluster: runnable.cluster,
      runbook: runnable.runbook,
      command: runnable.command,
      arguments: runnable.arguments,
      operator: run.operator,
      answers: Object.fromEntries(answers),
      description: runnable.description,
    });
    return await carryOut({ runnable, run, plan, lock, journal, settings }, "begins");
  } finally {
    await lock.release();
  }
}

/** One that was taken by hand never is. */
function isWaitedFor({ holder }: LockOnMachine, { lockWaitMs }: StartSettings): boolean {
  return holder.kind === "run" && lockWaitMs > 0;
}

/** Sortable by time, and a file name. */
function identity({ runbook }: Runnable, { env, operator }: RunSettings): RunIdentity {
  const at = env.now();
  const time = new Date(at)
    .toISOString()
    .replace(/\.\d+Z$/, "Z")
    .replaceAll(/[-:]/g, "");
  return { id: `${time}-${runbook.replaceAll(" ", "-")}-${randomBytes(2).toString("hex")}`, at, operator };
}

async function rehearse(plan: Plan, settings: StartSettings): Promise<RunResult> {
  tellNotes(plan, settings);
  return runPhases(plan.phases, {
    ...settings,
    recorder: new Recorder(),
    resolverOf: plan.resolverOf ?? noPlaceholders,
  });
}

/** What a person should know of the plan, where they are not asked about it. */
function tellNotes({ notes = [] }: Plan, settings: StartSettings): void {
  for (const note of notes) settings.say(note);
}

/**
 * What an earlier run left in the middle is not built upon. Those of the same repeatable runbook are settled by this run;
 * anything else a person resumes or aborts first: throws RUN_UNFINISHED.
 */
async function earlierRuns(
  runnable: Runnable,
  settings: StartSettings,
  atWork?: string,
): Promise<readonly RunRecord[]> {
  const all = await openRuns(settings.runs, runnable.machines, settings.transport);
  const open = all.filter(({ begun }) => begun.run !== atWork);
  const inTheWay = open.find(
    (record) =>
      record.begun.runbook !== runnable.runbook ||
      !mayRepeat(runnable, record) ||
      !runnable.supersedes(record.begun.arguments),
  );
  if (inTheWay) throw unfinished(inTheWay);
  return open;
}

async function supersede(
  { begun: { run }, entries }: RunRecord,
  lock: ClusterLock,
  settings: StartSettings,
): Promise<void> {
  await new Journal({ ...settings, run, lock }, entries).end("superseded");
}

/** What will be done, as far as it is known beforehand. */
function fingerprint(plan: Plan): string {
  return sha256(
    JSON.stringify(plan.phases.map((phase) => [phase.title, phase.machines, plannedStages(phase)])),
  );
}

function unfinished({ begun, stopped }: RunRecord): UserError {
  const where = stopped === undefined ? "was broken off" : `stopped: ${stopped.split("\n")[0]}`;
  return new UserError(
    "RUN_UNFINISHED",
    `the run ${begun.run} (${begun.command}, by ${begun.operator.user}@${begun.operator.host}) ${where}`,
    "mbctl resume goes on with it, mbctl abort takes back what it did",
  );
}

function planChanged(): UserError {
  return new UserError(
    "PLAN_CHANGED",
    "the cluster is not as it was when the plan was shown, so something else would be done now",
    "run the command again and look at the new plan",
  );
}
