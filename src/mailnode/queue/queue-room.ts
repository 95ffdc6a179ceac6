import type { Logger } from "pino";
import { Bytes } from "../../support/bytes.ts";
import type { FreeSpace } from "./free-space.ts";

/**
 * The part of the heap's limit that waiting messages may take. The rest is for sessions, for the cluster's state, and for
 * V8 to work in.
 */
const QUEUE_SHARE = 1 / 4;
/** The part of that below which there is room again: else there would be none and some with each message. */
const ROOM_AGAIN = 0.9;

export interface HeapUse {
  /** The most that the process's heap can be, in bytes. */
  readonly limitBytes: number;
  /** What the waiting messages take of it now. */
  readonly usedBytes: () => number;
}

/** Whether there is room for new mail: on the queue's disk, and on the heap, where each waiting message has its envelope. */
export class QueueRoom {
  readonly #space: FreeSpace;
  readonly #maxBytes: number;
  readonly #usedBytes: () => number;
  readonly #log: Logger;
  #isFull = false;

  constructor(space: FreeSpace, { limitBytes, usedBytes }: HeapUse, log: Logger) {
    this.#space = space;
    this.#maxBytes = Math.floor(QUEUE_SHARE * limitBytes);
    this.#usedBytes = usedBytes;
    this.#log = log;
  }

  /** Rejects with ENOMEM while too much waits, and like FreeSpace.need. */
  async need(): Promise<void> {
    this.#look();
    if (this.#isFull) throw Object.assign(new Error(this.#fullness), { code: "ENOMEM" });
    await this.#space.need();
  }

  get #fullness(): string {
    return `the messages of the queue take more than ${Bytes.of(this.#maxBytes).toString()} of memory`;
  }

  #look(): void {
    const bytes = this.#usedBytes();
    const isFull = bytes > (this.#isFull ? ROOM_AGAIN : 1) * this.#maxBytes;
    if (isFull === this.#isFull) return;
    this.#isFull = isFull;
    if (isFull) this.#log.error({ bytes }, `${this.#fullness}: new mail is refused`);
    else this.#log.info({ bytes }, "the queue's messages have room in memory again: new mail is taken");
  }
}
