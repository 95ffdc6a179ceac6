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
  #gathered: PendingRead[] = [];
  readonly #asked = new Map<number, Question>();

  constructor(limits: { readonly readTicks: number; readonly readRetryTicks: number }) {
    this.#limits = limits;
  }

  add(read: PendingRead): void {
    this.#gathered.push(read);
  }

  /** Its caller gave up. */
  remove(read: PendingRead): void {
    this.#gathered = this.#gathered.filter((other) => other !== read);
  }

  /** Asks for all that were gathered; without a leader they go on waiting. */
  ask(raft: Raft): void {
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
    for (const read of question.reads) read.resolve(index);
  }

  /** Nothing that was asked will be answered: it is asked anew, under a new number. */
  askAgain(): void {
    for (const { reads } of this.#asked.values()) this.#gathered.push(...reads);
    this.#asked.clear();
  }

  tick(): void {
    for (const [request, question] of this.#asked) {
      for (const read of question.reads) read.ticks++;
      if (++question.ticks < this.#limits.readRetryTicks) continue;
      this.#asked.delete(request);
      this.#gathered.push(...question.reads);
    }
    const late: PendingRead[] = [];
    this.#gathered = this.#gathered.filter((read) => {
      const isLate = ++read.ticks >= this.#limits.readTicks;
      if (isLate) late.push(read);
      return !isLate;
    });
    this.end("no-leader", late);
  }

  end(reason: NotProposedReason, reads = this.#all()): void {
    for (const read of reads) read.reject(new NotProposed(reason));
  }

  #all(): readonly PendingRead[] {
    this.askAgain();
    return this.#gathered.splice(0);
  }
}
