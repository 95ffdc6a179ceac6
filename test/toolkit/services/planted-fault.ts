/** A mistake put into a generated file on purpose: the check of the file, run with the real program, must refuse it. */
export interface PlantedFault {
  readonly service: string;
  /** Which generated files, by the end of their path. A content-addressed file has its hash before the ending. */
  readonly pathEndsWith: string;
  /** What is wrong with the changed file, as a person would say it. */
  readonly title: string;
  /** Always changes the content: a fault that is not there proves nothing. */
  mutate(content: string): string;
}
