import type { LogBackend } from "../raft/log/log-backend.ts";
import type { Place } from "../raft/log/log-table.ts";
import type { LogWriter } from "../raft/log/log-writer.ts";

interface Write {
  readonly batch: Uint8Array;
  readonly done: (place: Place) => void;
  readonly failed: (error: unknown) => void;
}

/**
 * A log's thread in virtual time: what waits when the disk is free is written with one sync, and what comes meanwhile
 * waits for the next, as it does for the real thread.
 */
export class TimedBackend implements LogBackend {
  readonly #writer: LogWriter;
  readonly #later: (run: () => void) => void;
  #waiting: Write[] = [];
  #running: Write[] = [];

  /** `later` runs something when the disk has had time for a write and a sync. */
  constructor(writer: LogWriter, later: (run: () => void) => void) {
    this.#writer = writer;
    this.#later = later;
  }

  write(batch: Uint8Array<ArrayBuffer>): Promise<Place> {
    return new Promise((done, failed) => {
      this.#waiting.push({ batch, done, failed });
      if (this.#running.length === 0) this.#begin();
    });
  }

  async release(before: number): Promise<void> {
    this.#writer.release(before);
  }

  async close(): Promise<void> {
    while (this.#running.length + this.#waiting.length > 0) this.#finish();
    this.#writer.close();
  }

  #begin(): void {
    const running = this.#waiting.splice(0);
    this.#running = running;
    if (running.length === 0) return;
    this.#later(() => {
      // Unless the log was closed meanwhile.
      if (this.#running === running) this.#finish();
    });
  }

  #finish(): void {
    const running = this.#running;
    try {
      const places = this.#writer.write(running.map(({ batch }) => batch));
      running.forEach(({ done }, i) => done(places[i]!));
    } catch (error) {
      for (const { failed } of running) failed(error);
    }
    this.#begin();
  }
}
