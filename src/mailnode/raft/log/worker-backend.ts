import { Worker } from "node:worker_threads";
import { logFailed } from "./errors.ts";
import type { LogBackend } from "./log-backend.ts";
import type { Place } from "./log-table.ts";
import type { LogTail } from "./read-log.ts";

/** What the log's thread is started with. */
export interface WorkerStart {
  readonly directory: string;
  readonly segmentBytes: number;
  readonly tail: LogTail;
  readonly segments: readonly number[];
}

export type WorkerRequest =
  | { readonly kind: "write"; readonly batch: Uint8Array<ArrayBuffer> }
  | { readonly kind: "release"; readonly before: number }
  | { readonly kind: "close" };

/** One for each request, in their order; writes that were made together are answered together. */
export type WorkerAnswer =
  | { readonly kind: "written"; readonly places: readonly Place[] }
  | { readonly kind: "done" }
  /** The disk failed: for this request and all after it. */
  | { readonly kind: "failed"; readonly message: string };

interface Waiting {
  readonly done: (place?: Place) => void;
  readonly failed: (error: Error) => void;
}

/**
 * A backend in a thread of its own: a sync that blocks there is twice as quick as one through the thread pool, and
 * delays no heartbeat.
 */
export class WorkerBackend implements LogBackend {
  readonly #worker: Worker;
  readonly #waiting: Waiting[] = [];
  #failure: Error | undefined;

  constructor(start: WorkerStart) {
    // Beside this file in every form: .ts in a checkout, .js in the package, .mjs in a machine's release.
    const suffix = import.meta.url.slice(import.meta.url.lastIndexOf("."));
    this.#worker = new Worker(new URL(`./log-worker${suffix}`, import.meta.url), {
      workerData: start,
      name: "raft-log",
    });
    this.#worker.on("message", (answer: WorkerAnswer) => this.#take(answer));
    this.#worker.on("error", (error: Error) => this.#fail(error));
    this.#worker.on("exit", () => this.#fail(new Error("the thread of the log has ended")));
  }

  write(batch: Uint8Array<ArrayBuffer>): Promise<Place> {
    return this.#ask({ kind: "write", batch }, [batch.buffer]) as Promise<Place>;
  }

  async release(before: number): Promise<void> {
    await this.#ask({ kind: "release", before });
  }

  async close(): Promise<void> {
    if (!this.#failure) await this.#ask({ kind: "close" });
    await this.#worker.terminate();
  }

  #ask(request: WorkerRequest, transfer: ArrayBuffer[] = []): Promise<Place | undefined> {
    return new Promise((done, failed) => {
      if (this.#failure) return failed(this.#failure);
      this.#waiting.push({ done, failed });
      this.#worker.postMessage(request, transfer);
    });
  }

  #take(answer: WorkerAnswer): void {
    if (answer.kind === "failed") return this.#fail(new Error(answer.message));
    if (answer.kind === "done") return this.#waiting.shift()!.done();
    for (const place of answer.places) this.#waiting.shift()!.done(place);
  }

  #fail(cause: Error): void {
    this.#failure ??= logFailed(cause);
    for (const { failed } of this.#waiting.splice(0)) failed(this.#failure);
  }
}
