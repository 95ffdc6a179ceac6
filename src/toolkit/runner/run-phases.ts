import type { Env } from "../../support/env.ts";
import { UserError } from "../../support/errors.ts";
import { throwAny } from "../../support/failures.ts";
import type { Resolver } from "../../support/placeholder.ts";
import type { Transport } from "../ssh/transport.ts";
import type { Answer } from "../steps/command.ts";
import type { Phase } from "../steps/phase.ts";
import type { Stage } from "../steps/step.ts";
import type { Interruption } from "./interruption.ts";
import type { Recorder } from "./recorder.ts";
import type { Reporter } from "./reporter.ts";
import { runStep } from "./run-step.ts";
import { Sender } from "./sender.ts";

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
}

/** What a run came to. */
export interface RunResult {
  /** Steps that were run, or that a dry run would have run. */
  readonly steps: number;
}

/**
 * Runs phases in order: each looks at all its machines at once, decides, and runs its stages one after the
 * other, the steps of a stage side by side on different machines.
 *
 * A failed step ends the run with its error, after the steps beside it have ended; nothing further is started.
 * Throws STEP_FAILED, GATE_TIMEOUT, INTERRUPTED, and what `decide` or the transport throws.
 */
export async function runPhases(phases: readonly Phase[], options: RunOptions): Promise<RunResult> {
  const { reporter, env } = options;
  const begin = env.monotonic();
  const sender = new Sender(options);
  let steps = 0;
  for (const phase of phases) {
    options.interruption.check();
    const started = env.monotonic();
    reporter.phaseStarted(phase.title);
    const stages = await decide(phase, sender, options.dryRun && steps > 0);
    if (stages instanceof UserError) {
      reporter.phaseUndecided(phase.title, stages.message);
      continue;
    }
    // A step that only waits for something is no change.
    const count = stages.flat().filter((step) => step.commands.length > 0).length;
    steps += count;
    for (const stage of stages) {
      if (options.dryRun) stage.forEach((step) => reporter.stepPlanned(step));
      else await runStage(stage, sender, options);
    }
    reporter.phaseFinished(phase.title, count, env.monotonic() - started);
  }
  reporter.runFinished(steps, env.monotonic() - begin, options.dryRun);
  return { steps };
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
        failures.push(error);
      }
    }),
  );
  throwAny(failures);
  return answers;
}

async function runStage(stage: Stage, sender: Sender, options: RunOptions): Promise<void> {
  const byMachine = Map.groupBy(stage, (step) => step.machine);
  const failures: unknown[] = [];
  await Promise.all(
    [...byMachine.values()].map(async (steps) => {
      for (const step of steps) {
        if (failures.length > 0) return;
        try {
          options.interruption.check();
          await runStep(step, sender, options);
        } catch (error) {
          failures.push(error);
        }
      }
    }),
  );
  throwAny(failures);
}
