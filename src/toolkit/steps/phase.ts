import { ask, type Answer, type Command } from "./command.ts";
import type { Stage } from "./step.ts";

/**
 * A part of a runbook that first looks and then decides.
 *
 * `observe` only reads; `decide` is a pure function of what was read and returns what is left to do, so a
 * phase that is done decides on nothing. This one shape gives idempotence, dry runs and tests without machines.
 */
export interface Phase {
  /** What the phase brings about, "form the database cluster". Unique in its runbook: the journal knows it by that. */
  readonly title: string;
  readonly machines: readonly string[];
  observe(machine: string): Command;
  /**
   * The stages that remain, in order; empty when the phase is done.
   *
   * Holds one answer per machine of the phase, but for those that `canMiss` leaves out. Throws a UserError where going on
   * would mean to guess.
   */
  decide(answers: ReadonlyMap<string, Answer>): readonly Stage[];
  /** A machine that cannot be reached ends the run, unless this is said: then it has no answer. */
  readonly canMiss?: boolean;
  /**
   * When a step fails, everything that the phases of its group have done is taken back, last first. A phase without a
   * group is left as it stands, for `mbctl resume` to go on with.
   */
  readonly group?: string;
}

/** A phase whose stages are known beforehand, so that a dry run prints exactly what will be sent. */
export function plannedPhase(title: string, stages: readonly Stage[], group?: string): Phase {
  return {
    title,
    machines: [],
    observe: () => ask(["true"]),
    decide: () => stages.filter((stage) => stage.length > 0),
    ...(group !== undefined && { group }),
  };
}

/** The phase as it is done for one machine of several: with a title that names it. */
export function titledFor(phase: Phase, machine: string): Phase {
  const words = phase.title.split(/[^A-Za-z0-9-]+/);
  return words.includes(machine) ? phase : { ...phase, title: `${phase.title}, for ${machine}` };
}

/** The stages of a phase that asks nobody; none of one that looks first, as only its answers tell them. */
export function plannedStages(phase: Phase): readonly Stage[] {
  return phase.machines.length > 0 ? [] : phase.decide(new Map());
}
