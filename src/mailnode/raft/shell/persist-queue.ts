import type { Message } from "../core/messages.ts";
import type { Batch } from "../core/ready.ts";

interface Waiting {
  readonly batch: Batch;
  readonly messages: readonly Message[];
  durable: boolean;
}

/** Batches on their way to the disk. They come back in their order, whichever of them was ready first. */
export class PersistQueue {
  readonly #waiting: Waiting[] = [];

  /** Notes a batch and what may be sent once it is durable; gives back what is to be called then. */
  add(batch: Batch, messages: readonly Message[]): () => void {
    const waiting: Waiting = { batch, messages, durable: false };
    this.#waiting.push(waiting);
    return () => {
      waiting.durable = true;
    };
  }

  /** Those that are durable, with all before them. */
  *take(): Generator<{ readonly batch: Batch; readonly messages: readonly Message[] }> {
    while (this.#waiting[0]?.durable === true) yield this.#waiting.shift()!;
  }
}
