import type { Env } from "../../support/env.ts";
import { UserError } from "../../support/errors.ts";
import { throwAny } from "../../support/failures.ts";
import type { Resolver } from "../../support/placeholder.ts";
import { isPassing } from "../ssh/errors.ts";
import type { Transport } from "../ssh/transport.ts";
import type { Answer } from "../steps/command.ts";
import type { Phase } from "../steps/phase.ts";
import { inOrder } from "../steps/in-order.ts";
import type { Stage } from "../steps/step.ts";
import type { Interruption } from "./interruption.ts";
import { forgetfulKeeper, type Keeper, type PlacedStep } from "./keeper.ts";
import type { Recorder } from "./recorder.ts";
import type { Reporter } from "./reporter.ts";
import { runStep } from "./run-step.ts";
import { Sender, type Fence } from "./sender.ts";
import { undoSteps } from "./undo.ts";

export interface RunOptions {
  readonly transport: Transport;
  readonly env: Env;
  readonly reporter: Reporter;
  readonly recorder: Recorder;
  /** Looks for real, decides, and reports the steps instead of running them. */
  readonly dryRun: boolean;
  readonly resolverOf: (machine: string) => Resolver;
  /** Asked between steps. */
  readonly interruption: Interruption;
  /** Holds every changing command to the lock of the cluster; absent where nobody else can be. */
  readonly fence?: Fence;
  /** Keeps the run's journal. Default: one that forgets. */
  readonly keeper?: Keeper;
}

/** What a run came to. */
export interface RunResult {
  /** Steps that were run, or that a dry run would have run. */
  readonly steps: number;
}

/**
 * Runs phases in order: each looks at all its machines at once, decides, and runs its stages one after the
 * other, the steps of a stage side by side on different machines. Phases that an earlier attempt has finished are
 * left out.
 *
 * A failed step ends the run with its error, after the steps beside it have ended; nothing further is started, and what
 * the phases of its group have done is taken back. Throws STEP_FAILED, GATE_TIMEOUT, INTERRUPTED, LOCK_LOST, and what
 * `decide` or the transport throws; a GroupUndone around it where something was taken back, and UNDO_FAILED.
 */
export async function runPhases(phases: readonly Phase[], options: RunOptions): Promise<RunResult> {
  const { reporter, env, keeper = forgetfulKeeper() } = options;
  const begin = env.monotonic();
  const sender = new Sender(options);
  const left = phases.filter((phase) => !keeper.isFinished(phase));
  let steps = 0;
  for (const phase of left) {
    try {
      steps += await runPhase(phase, sender, keeper, options, steps);
    } catch (error) {
      throw isNoFault(error) ? error : await undoGroup(phase, phases, error, sender, keeper, reporter);
    }
  }
  reporter.runFinished(steps, env.monotonic() - begin, options.dryRun);
  return { steps };
}

/** Resolves to the number of steps that change something. */
async function runPhase(
  phase: Phase,
  sender: Sender,
  keeper: Keeper,
  options: RunOptions,
  stepsBefore: number,
): Promise<number> {
  const { reporter, env, dryRun } = options;
  options.interruption.check();
  const started = env.monotonic();
  reporter.phaseStarted(phase.title);
  const stages = await decide(phase, sender, dryRun && stepsBefore > 0);
  if (stages instanceof UserError) {
    reporter.phaseUndecided(phase.title, stages.message);
    return 0;
  }
  // A step that only waits for something is no change.
  const steps = stages.flat();
  const count = steps.filter((step) => step.commands.length > 0).length;
  for (const stage of stages) {
    if (dryRun) stage.forEach((step) => reporter.stepPlanned(step));
    else await runStage(phase, stage, sender, keeper, options);
  }
  if (steps.length > 0) keeper.phaseFinished(phase);
  else keeper.phaseFoundNothing(phase);
  reporter.phaseFinished(phase.title, count, env.monotonic() - started);
  return count;
}

/** A step failed, and everything that its group had done was taken back. */
export class GroupUndone extends UserError {
  readonly group: string;

  constructor(group: string, cause: UserError) {
    super(
      cause.code,
      `${cause.message}\n  what "${group}" had done until then was taken back`,
      "mend the cause and run the command again",
      { cause },
    );
    this.group = group;
  }
}

async function undoGroup(
  failed: Phase,
  phases: readonly Phase[],
  error: unknown,
  sender: Sender,
  keeper: Keeper,
  reporter: Reporter,
): Promise<unknown> {
  if (failed.group === undefined || !(error instanceof UserError)) return error;
  const group = phases.filter((phase) => phase.group === failed.group);
  reporter.undoStarted(failed.group, error.message);
  try {
    await undoSteps(keeper.toUndo(group), sender, keeper, reporter);
  } catch (undoError) {
    if (!(undoError instanceof UserError)) throw undoError;
    return new UserError(undoError.code, `${error.message}\n${undoError.message}`, undoError.remedy, {
      cause: error,
    });
  }
  keeper.groupUndone(group);
  return new GroupUndone(failed.group, error);
}

/** A person wanted it to end, or somebody else has the lock: nothing may be taken back then. */
function isNoFault(error: unknown): boolean {
  return error instanceof UserError && (error.code === "INTERRUPTED" || error.code === "LOCK_LOST");
}

/**
 * The stages that remain; or, where earlier steps were only told and not run, why this phase cannot be told
 * before them: what it needs may be what they would bring.
 */
async function decide(
  phase: Phase,
  sender: Sender,
  isAfterUntakenSteps: boolean,
): Promise<readonly Stage[] | UserError> {
  try {
    return phase.decide(await observe(phase, sender));
  } catch (error) {
    if (isAfterUntakenSteps && error instanceof UserError) return error;
    throw error;
  }
}

/** All machines are asked even if one fails: a person mends three machines at once, not one per run. */
async function observe(phase: Phase, sender: Sender): Promise<ReadonlyMap<string, Answer>> {
  const answers = new Map<string, Answer>();
  const failures: unknown[] = [];
  await Promise.all(
    phase.machines.map(async (machine) => {
      const command = phase.observe(machine);
      if (command.mutates)
        throw new Error(`"${phase.title}" would look at ${machine} by a command that changes it`);
      try {
        answers.set(machine, await sender.send(machine, command));
      } catch (error) {
        if (!phase.canMiss || !isPassing(error)) failures.push(error);
      }
    }),
  );
  throwAny(failures);
  return inOrder(phase.machines, answers);
}

async function runStage(
  phase: Phase,
  stage: Stage,
  sender: Sender,
  keeper: Keeper,
  options: RunOptions,
): Promise<void> {
  const byMachine = Map.groupBy(stage, (step) => step.machine);
  const failures: unknown[] = [];
  await Promise.all(
    [...byMachine.values()].map(async (steps) => {
      for (const step of steps) {
        if (failures.length > 0) return;
        try {
          options.interruption.check();
          await keepStep({ phase, step }, sender, keeper, options);
        } catch (error) {
          failures.push(error);
        }
      }
    }),
  );
  throwAny(failures);
}

async function keepStep(
  placed: PlacedStep,
  sender: Sender,
  keeper: Keeper,
  options: RunOptions,
): Promise<void> {
  await keeper.stepStarts(placed);
  try {
    await runStep(placed.step, sender, options);
  } catch (error) {
    keeper.stepFailed(placed, error);
    throw error;
  }
  keeper.stepFinished(placed);
}
