import type { Place } from "./log-table.ts";
import type { LogWriter } from "./log-writer.ts";

/** Where batches of records are made durable, in the order of the calls. */
export interface LogBackend {
  /** Resolves with where the batch begins, when it is durable; rejects with RAFT_LOG_FAILED. The bytes are given away. */
  write(batch: Uint8Array<ArrayBuffer>): Promise<Place>;
  /** Removes the segments below `before`. */
  release(before: number): Promise<void>;
  /** Ends when all before has ended. */
  close(): Promise<void>;
}

/**
 * A backend in the same thread, for simulation and tests. `later` runs what waits when the disk is to be ready: all
 * that was written until then goes into one write.
 */
export class InlineBackend implements LogBackend {
  readonly #writer: LogWriter;
  readonly #later: (run: () => void) => void;
  #waiting: { batch: Uint8Array; done: (place: Place) => void; failed: (error: unknown) => void }[] = [];

  constructor(writer: LogWriter, later: (run: () => void) => void = queueMicrotask) {
    this.#writer = writer;
    this.#later = later;
  }

  write(batch: Uint8Array<ArrayBuffer>): Promise<Place> {
    if (this.#waiting.length === 0) this.#later(() => this.#flush());
    return new Promise((done, failed) => this.#waiting.push({ batch, done, failed }));
  }

  async release(before: number): Promise<void> {
    this.#flush();
    this.#writer.release(before);
  }

  async close(): Promise<void> {
    this.#flush();
    this.#writer.close();
  }

  #flush(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    try {
      const places = this.#writer.write(waiting.map(({ batch }) => batch));
      waiting.forEach(({ done }, i) => done(places[i]!));
    } catch (error) {
      for (const { failed } of waiting) failed(error);
    }
  }
}
