import type { Answer, Command } from "./command.ts";
import type { Stage } from "./step.ts";

/**
 * A part of a runbook that first looks and then decides.
 *
 * `observe` only reads; `decide` is a pure function of what was read and returns what is left to do, so a
 * phase that is done decides on nothing. This one shape gives idempotence, dry runs and tests without machines.
 */
export interface Phase {
  /** What the phase brings about, "form the database cluster". */
  readonly title: string;
  readonly machines: readonly string[];
  observe(machine: string): Command;
  /**
   * The stages that remain, in order; empty when the phase is done.
   *
   * Holds one answer per machine of the phase. Throws a UserError where going on would mean to guess.
   */
  decide(answers: ReadonlyMap<string, Answer>): readonly Stage[];
}
