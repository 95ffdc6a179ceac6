import type { Index, Term } from "../raft/core/types.ts";

export interface CommittedEntry {
  readonly term: Term;
  /** The lowest term in which somebody knew. */
  readonly by: Term;
}

/** What was committed, by whoever was seen to know it first. */
export class Committed {
  readonly #entries: CommittedEntry[] = [];

  get highest(): Index {
    return this.#entries.length;
  }

  at(index: Index): CommittedEntry | undefined {
    return this.#entries[index - 1];
  }

  /** Notes the next one. */
  add(entry: CommittedEntry): void {
    this.#entries.push(entry);
  }
}
