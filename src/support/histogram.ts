/** What was observed, counted by size: how many were at most so large, how many in all, and their sum. */
export interface HistogramFigures {
  readonly buckets: readonly { readonly atMost: number; readonly count: number }[];
  readonly count: number;
  readonly sum: number;
}

/** Counts values by size, in a fixed amount of memory. */
export class Histogram {
  readonly #bounds: readonly number[];
  readonly #counts: number[];
  #count = 0;
  #sum = 0;

  /** @param bounds growing; a value belongs to the first that it does not exceed */
  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = bounds.map(() => 0);
  }

  observe(value: number): void {
    const place = this.#bounds.findIndex((bound) => value <= bound);
    if (place >= 0) this.#counts[place]!++;
    this.#count++;
    this.#sum += value;
  }

  /** Buckets hold all that is in smaller ones too, as Prometheus has them. */
  figures(): HistogramFigures {
    let below = 0;
    const buckets = this.#bounds.map((atMost, place) => ({ atMost, count: (below += this.#counts[place]!) }));
    return { buckets, count: this.#count, sum: this.#sum };
  }
}
