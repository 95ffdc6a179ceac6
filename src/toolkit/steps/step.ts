import type { Command } from "./command.ts";

/** One change on one machine, with the proof that it took. */
export interface Step {
  /** What a person reads: an imperative sentence without the machine's name, "start mariadb". */
  readonly title: string;
  readonly machine: string;
  /**
   * Reads only. Exit code 0 when what the step brings about is there already: then its commands are not sent. A step
   * without it must be safe to repeat: a run that was killed within it is resumed by doing it again.
   */
  readonly unless?: Command;
  readonly commands: readonly Command[];
  /** Repeated after the commands until it holds; the step has failed when it does not in time. */
  readonly verify?: Gate;
  /** What takes the step back. Safe to send for a step that was begun and not finished, and to repeat. */
  readonly undo?: readonly Command[];
}

/** A question that must be answered with exit code 0 within a time limit. */
export interface Gate {
  /** What is waited for, "the node is synced". */
  readonly title: string;
  /** Reads only. */
  readonly command: Command;
  readonly timeoutMs: number;
  readonly intervalMs: number;
}

/** Steps that may run side by side: at most one per machine at a time, stages one after the other. */
export type Stage = readonly Step[];
