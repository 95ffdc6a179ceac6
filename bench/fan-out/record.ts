/** What one run leaves in results/: every round, so that other questions can be asked of it later. */
export interface Run {
  readonly startedAt: string;
  readonly command: string;
  readonly machine: Readonly<Record<string, string>>;
  readonly rounds: number;
  /** What was to be measured, in the order of the tables. */
  readonly planned: readonly Planned[];
  readonly trials: readonly Trial[];
}

/** The same work, done by several programs. */
export interface Planned {
  readonly measure: string;
  readonly machines: number;
  /** The first is ours, the second the one that it is compared with; the others are there to learn from. */
  readonly sides: readonly string[];
}

/** One program in one round. */
export interface Trial {
  readonly measure: string;
  readonly side: string;
  readonly round: number;
  /** From the start of the program to its end. */
  readonly ms: number;
  /** Machines whose answer was in its output. */
  readonly answered: number;
  /** Load average of the last minute, before. */
  readonly load: number;
}
