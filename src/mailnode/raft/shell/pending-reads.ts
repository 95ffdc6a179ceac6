/** Reads that wait for an index: those of one turn share a question, and none is ever answered with an older one. */
import { NotProposed, type NotProposedReason } from "../../cluster/consensus.ts";
import type { Raft } from "../core/raft.ts";
import type { Index } from "../core/types.ts";

export interface PendingRead {
  readonly resolve: (index: Index) => void;
  readonly reject: (error: NotProposed) => void;
  ticks: number;
}

interface Question {
  readonly reads: readonly PendingRead[];
  ticks: number;
}

export class PendingReads {
  readonly #limits: { readonly readTicks: number; readonly readRetryTicks: number };
  /** All that have no answer yet. */
  readonly #open = new Set<PendingRead>();
  #gathered: PendingRead[] = [];
  /**
   * By number. An index answers every read that waited when it was asked for, also one that was asked for again
   * since: where the way to the leader and back is longer than the patience, no question would be answered otherwise.
   */
  readonly #asked = new Map<number, Question>();

  constructor(limits: { readonly readTicks: number; readonly readRetryTicks: number }) {
    this.#limits = limits;
  }

  add(read: PendingRead): void {
    this.#open.add(read);
    this.#gathered.push(read);
  }

  /** Its caller gave up. */
  remove(read: PendingRead): void {
    this.#open.delete(read);
  }

  /** Waits for the answer to a read that begins now. Rejects with NotProposed, also when the signal is aborted. */
  async wait(signal?: AbortSignal): Promise<Index> {
    const { promise, resolve, reject } = Promise.withResolvers<Index>();
    const read: PendingRead = { resolve, reject, ticks: 0 };
    const giveUp = (): void => {
      this.remove(read);
      reject(new NotProposed("no-leader"));
    };
    signal?.addEventListener("abort", giveUp, { once: true });
    this.add(read);
    try {
      return await promise;
    } finally {
      signal?.removeEventListener("abort", giveUp);
    }
  }

  /** Asks for all that were gathered; without a leader they go on waiting. */
  ask(raft: Raft): void {
    this.#gathered = this.#gathered.filter((read) => this.#open.has(read));
    if (this.#gathered.length === 0) return;
    const question = raft.readIndex();
    if ("refused" in question) {
      if (question.refused === "too-many-reads") this.end("overloaded", this.#gathered.splice(0));
      return;
    }
    this.#asked.set(question.request, { reads: this.#gathered, ticks: 0 });
    this.#gathered = [];
  }

  answered(request: number, index: Index): void {
    const question = this.#asked.get(request);
    if (question === undefined) return;
    this.#asked.delete(request);
    for (const read of question.reads) if (this.#open.delete(read)) read.resolve(index);
  }

  /** Nothing that was asked will be answered: it is asked anew, under a new number. */
  askAgain(): void {
    this.#asked.clear();
    this.#gathered = [...this.#open];
  }

  tick(): void {
    const late = [...this.#open].filter((read) => ++read.ticks >= this.#limits.readTicks);
    this.end("no-leader", late);
    for (const [request, question] of this.#asked) {
      const open = question.reads.filter((read) => this.#open.has(read));
      if (open.length === 0) this.#asked.delete(request);
      else if (++question.ticks === this.#limits.readRetryTicks) this.#gathered.push(...open);
    }
  }

  end(reason: NotProposedReason, reads: readonly PendingRead[] = [...this.#open]): void {
    for (const read of reads) if (this.#open.delete(read)) read.reject(new NotProposed(reason));
  }
}
