/** Steps between a number and its double: the error of a value is below 1 in 128. */
const STEPS = 128;

/**
 * Counts lengths of time in little memory, however many there are: buckets grow with the value, so that each answer is
 * right to within 0.8 % (the idea of HdrHistogram).
 */
export class Histogram {
  readonly #counts = new Map<number, number>();
  #count = 0;
  #max = 0;

  add(ms: number): void {
    const bucket = bucketOf(ms);
    this.#counts.set(bucket, (this.#counts.get(bucket) ?? 0) + 1);
    this.#count++;
    this.#max = Math.max(this.#max, ms);
  }

  get count(): number {
    return this.#count;
  }

  /** The longest, exactly; 0 of none. */
  get max(): number {
    return this.#max;
  }

  /** The length that a share of all, 0 to 1, does not exceed, in milliseconds; 0 of none. */
  quantile(share: number): number {
    const wanted = Math.max(1, Math.ceil(share * this.#count));
    let seen = 0;
    for (const bucket of [...this.#counts.keys()].toSorted((a, b) => a - b)) {
      seen += this.#counts.get(bucket)!;
      if (seen >= wanted) return Math.min(upperEdge(bucket), this.#max);
    }
    return 0;
  }

  /** How many are longer than `fromMs` and at most `toMs`, to within the width of a bucket. */
  between(fromMs: number, toMs: number): number {
    let sum = 0;
    for (const [bucket, count] of this.#counts) {
      const edge = Math.min(upperEdge(bucket), this.#max);
      if (edge > fromMs && edge <= toMs) sum += count;
    }
    return sum;
  }
}

/** In microseconds; below a bucket's first step they are linear. */
function bucketOf(ms: number): number {
  const us = Math.max(0, Math.ceil(ms * 1000));
  if (us <= STEPS) return us;
  const power = Math.floor(Math.log2(us / STEPS));
  return STEPS * (power + 1) + Math.ceil(us / 2 ** power) - STEPS;
}

function upperEdge(bucket: number): number {
  if (bucket <= STEPS) return bucket / 1000;
  const power = Math.floor((bucket - 1) / STEPS) - 1;
  return ((bucket - STEPS * power) * 2 ** power) / 1000;
}
