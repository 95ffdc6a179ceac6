import type { Env } from "../../../support/env.ts";
import { Histogram, type HistogramFigures } from "../../../support/histogram.ts";
import type { Message } from "../core/messages.ts";
import type { Batch } from "../core/ready.ts";

interface Waiting {
  readonly batch: Batch;
  readonly messages: readonly Message[];
  durable: boolean;
}

/** From a disk with a cache that outlives the power to one that is about to fail. */
const BOUNDS_S = [0.0005, 0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.256, 0.512, 1, 2, 4, 8];

/** Batches on their way to the disk. They come back in their order, whichever of them was ready first. */
export class PersistQueue {
  readonly #env: Pick<Env, "monotonic">;
  readonly #waiting: Waiting[] = [];
  readonly #latency = new Histogram(BOUNDS_S);

  constructor(env: Pick<Env, "monotonic">) {
    this.#env = env;
  }

  /** Seconds from handing a batch over until it was durable. */
  get latency(): HistogramFigures {
    return this.#latency.figures();
  }

  /** Notes a batch and what may be sent once it is durable; gives back what is to be called then. */
  add(batch: Batch, messages: readonly Message[]): () => void {
    const waiting: Waiting = { batch, messages, durable: false };
    this.#waiting.push(waiting);
    const began = this.#env.monotonic();
    return () => {
      waiting.durable = true;
      this.#latency.observe((this.#env.monotonic() - began) / 1000);
    };
  }

  /** Those that are durable, with all before them. */
  *take(): Generator<{ readonly batch: Batch; readonly messages: readonly Message[] }> {
    while (this.#waiting[0]?.durable === true) yield this.#waiting.shift()!;
  }
}
