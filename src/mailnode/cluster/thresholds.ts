export interface ThresholdOptions {
  /** Failures in a row after which something is unhealthy. */
  readonly failures: number;
  /** Successes in a row after which it is healthy again. */
  readonly successes: number;
}

/** Turns single outcomes into a verdict that one lost check does not change. Begins healthy. */
export class Thresholds {
  readonly #options: ThresholdOptions;
  #healthy = true;
  /** Outcomes in a row that speak against the verdict. */
  #against = 0;

  constructor(options: ThresholdOptions) {
    this.#options = options;
  }

  get healthy(): boolean {
    return this.#healthy;
  }

  /** Takes one outcome and gives the verdict. */
  count(succeeded: boolean): boolean {
    if (succeeded === this.#healthy) {
      this.#against = 0;
      return this.#healthy;
    }
    this.#against++;
    const needed = this.#healthy ? this.#options.failures : this.#options.successes;
    if (this.#against >= needed) {
      this.#healthy = succeeded;
      this.#against = 0;
    }
    return this.#healthy;
  }
}
