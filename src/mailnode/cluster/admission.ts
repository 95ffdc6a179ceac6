import { PRIORITIES, type Priority } from "../state/command.ts";
import { NotProposed } from "./consensus.ts";

interface Waiting {
  readonly enter: () => void;
  /** How often somebody of a higher priority went first. */
  passed: number;
}

export interface AdmissionLimits {
  /** Proposals under way at once. */
  readonly inFlight: number;
  /** Those that wait; one more is turned away. */
  readonly waiting: number;
}

/** So often a proposal is overtaken, then it goes first: low priority is slower, never starved. */
const MAX_PASSED = 8;

/** Lets so many proposals under way at once; the others wait, high priority first. */
export class Admission {
  readonly #limits: AdmissionLimits;
  readonly #queues: Record<Priority, Waiting[]> = { high: [], normal: [], low: [] };
  #inFlight = 0;

  constructor(limits: AdmissionLimits) {
    this.#limits = limits;
  }

  /** Runs a task in its turn. Rejects with NotProposed "overloaded" when too many wait already. */
  async run<T>(priority: Priority, task: () => Promise<T>): Promise<T> {
    if (this.#inFlight < this.#limits.inFlight) this.#inFlight++;
    else await this.#wait(priority);
    try {
      return await task();
    } finally {
      const next = this.#next();
      if (next) next.enter();
      else this.#inFlight--;
    }
  }

  async #wait(priority: Priority): Promise<void> {
    const waiting = PRIORITIES.reduce((sum, each) => sum + this.#queues[each].length, 0);
    if (waiting >= this.#limits.waiting) throw new NotProposed("overloaded");
    await new Promise<void>((enter) => this.#queues[priority].push({ enter, passed: 0 }));
  }

  #next(): Waiting | undefined {
    const queues = PRIORITIES.map((priority) => this.#queues[priority]).filter((queue) => queue.length > 0);
    const overdue = queues.find((queue) => queue[0]!.passed >= MAX_PASSED);
    const chosen = overdue ?? queues[0];
    for (const queue of queues) if (queue !== chosen) queue[0]!.passed++;
    return chosen?.shift();
  }
}
