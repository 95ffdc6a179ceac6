/** A bug that is planted to see whether the simulation finds it. */
export interface Mutant {
  readonly name: string;
  /** The classic bug that it is, or is of the kind of, in a sentence. */
  readonly bug: string;
  /** Where in src/mailnode, and what reads otherwise there. */
  readonly file: string;
  readonly replace: string;
  readonly by: string;
  /** It must be found within so many seeds from the first. */
  readonly withinSeeds: number;
}
