import { ProblemError } from "./problem.ts";

/** Requests that wait for a change; more than a few would hold connections that others need. */
export class Watchers {
  readonly #limit: number;
  #count = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get count(): number {
    return this.#count;
  }

  /** Throws ProblemError when too many wait already. */
  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#count >= this.#limit)
      throw new ProblemError(
        "too-many-requests",
        `${this.#limit} requests wait for changes already`,
        "read without waitMs, or ask another node",
      );
    this.#count++;
    try {
      return await task();
    } finally {
      this.#count--;
    }
  }
}
