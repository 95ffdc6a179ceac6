import { MessageChannel, receiveMessageOnPort, Worker, type MessagePort } from "node:worker_threads";
import { logFailed } from "./errors.ts";
import type { LogBackend } from "./log-backend.ts";
import type { Place } from "./log-table.ts";
import type { LogTail } from "./read-log.ts";
import { ShortStay } from "./short-stay.ts";
import { Signal } from "./signal.ts";

/** What the log's thread is started with. */
export interface WorkerStart {
  readonly directory: string;
  readonly segmentBytes: number;
  readonly tail: LogTail;
  readonly segments: readonly number[];
  readonly port: MessagePort;
  /** Raised for each request, and for each answer, after it was posted. */
  readonly asked: SharedArrayBuffer;
  readonly answered: SharedArrayBuffer;
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

/** A larger batch comes from many who write at once: there is more to do than to wait for it. */
const LONE_BYTES = 1024;

/**
 * A backend in a thread of its own: a sync that blocks there is twice as quick as one through the thread pool, and
 * delays no heartbeat. For a small batch that goes alone this thread waits a moment, as it would be woken by its loop
 * later than by the other thread (docs/decisions/0093-a-lone-write-is-waited-for.md).
 */
export class WorkerBackend implements LogBackend {
  readonly #worker: Worker;
  readonly #port: MessagePort;
  readonly #asked = new Signal();
  readonly #stay = new ShortStay(new Signal());
  readonly #waiting: Waiting[] = [];
  #failure: Error | undefined;

  constructor(start: Omit<WorkerStart, "port" | "asked" | "answered">) {
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    const workerData = {
      ...start,
      port: port2,
      asked: this.#asked.shared,
      answered: this.#stay.signal.shared,
    };
    // Beside this file in every form: .ts in a checkout, .js in the package, .mjs in a machine's release.
    const suffix = import.meta.url.slice(import.meta.url.lastIndexOf("."));
    this.#worker = new Worker(new URL(`./log-worker${suffix}`, import.meta.url), {
      workerData: workerData satisfies WorkerStart,
      transferList: [port2],
      name: "raft-log",
    });
    this.#port.on("message", (answer: WorkerAnswer) => this.#take(answer));
    this.#worker.on("error", (error: Error) => this.#fail(error));
    this.#worker.on("exit", () => {
      // Its last answers may still be under way: they have a port of their own, which is no part of its end.
      for (let last = receiveMessageOnPort(port1); last; last = receiveMessageOnPort(port1))
        this.#take(last.message as WorkerAnswer);
      this.#fail(new Error("the thread of the log has ended"));
    });
  }

  write(batch: Uint8Array<ArrayBuffer>): Promise<Place> {
    // When this turn is over: what it sent has left by then, and what it wrote besides has joined this.
    if (this.#waiting.length === 0 && batch.length <= LONE_BYTES) process.nextTick(() => this.#waitForOne());
    return this.#ask({ kind: "write", batch }, [batch.buffer]) as Promise<Place>;
  }

  async release(before: number): Promise<void> {
    await this.#ask({ kind: "release", before });
  }

  async close(): Promise<void> {
    if (!this.#failure) await this.#ask({ kind: "close" });
    await this.#worker.terminate();
    this.#port.close();
  }

  #ask(request: WorkerRequest, transfer: ArrayBuffer[] = []): Promise<Place | undefined> {
    return new Promise((done, failed) => {
      if (this.#failure) return failed(this.#failure);
      this.#waiting.push({ done, failed });
      this.#port.postMessage(request, transfer);
      this.#asked.raise();
    });
  }

  #waitForOne(): void {
    if (this.#waiting.length !== 1 || !this.#stay.forNext()) return;
    const answer = receiveMessageOnPort(this.#port);
    if (answer) this.#take(answer.message as WorkerAnswer);
  }

  #take(answer: WorkerAnswer): void {
    if (this.#failure) return;
    this.#stay.taken();
    if (answer.kind === "failed") return this.#fail(new Error(answer.message));
    if (answer.kind === "done") return this.#waiting.shift()!.done();
    for (const place of answer.places) this.#waiting.shift()!.done(place);
  }

  #fail(cause: Error): void {
    this.#failure ??= logFailed(cause);
    for (const { failed } of this.#waiting.splice(0)) failed(this.#failure);
  }
}
