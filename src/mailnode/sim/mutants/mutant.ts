/** A bug that is planted to see whether a test finds it. */
export interface PlantedBug {
  readonly name: string;
  /** The classic bug that it is, or is of the kind of, in a sentence. */
  readonly bug: string;
  /** Where in src/mailnode, and what reads otherwise there. */
  readonly file: string;
  readonly replace: string;
  readonly by: string;
}

/** One that the simulation must find. */
export interface Mutant extends PlantedBug {
  /** It must be found within so many seeds from the first. */
  readonly withinSeeds: number;
}
