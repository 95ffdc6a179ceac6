/** What a node's disk has answered for, and what is on its way there. */
import type { Entry, Index, LogId, Term } from "../raft/core/types.ts";
import type { LogAppend, RaftLog } from "../raft/log/raft-log.ts";
import { LogMirror } from "./log-mirror.ts";
import { Violation } from "./violation.ts";

const RULE = "a disk keeps what it answered for";

export class Promised {
  /** Durable, by what the log said. */
  readonly durable: LogMirror;
  readonly #pending = new Set<LogAppend>();
  /** How far the durable log went in each term that the disk knew of. */
  readonly #reached = new Map<Term, Index>();

  constructor(durable: LogMirror) {
    this.durable = durable;
    this.#reach();
  }

  begin(append: LogAppend): void {
    this.#pending.add(append);
  }

  /** It is durable, and all before it. */
  done(append: LogAppend): void {
    this.#pending.delete(append);
    this.durable.put(append);
    this.#reach();
  }

  /** Whether the log went this far, durably, while the disk knew of no later term. */
  reachedIn(term: Term, index: Index): boolean {
    return index <= (this.#reached.get(term) ?? 0);
  }

  holds(place: LogId): boolean {
    return this.durable.holds(place);
  }

  /** Compares with what a new process finds. Throws a Violation. */
  check(log: RaftLog): void {
    const { hardState } = this.durable;
    const found = log.hardState;
    const name = log.node;
    if (found.term < hardState.term)
      throw new Violation(RULE, `${name} forgot term ${hardState.term} and is in ${found.term}`);
    const mayVote = [...this.#pending].some((append) => append.hardState !== undefined);
    if (found.term === hardState.term && found.vote !== hardState.vote && !mayVote)
      throw new Violation(RULE, `${name} forgot its vote for ${hardState.vote} in term ${found.term}`);
    const opened = LogMirror.of(log);
    const { base } = this.durable;
    for (let index = base.index + 1; index <= this.durable.lastIndex; index++) {
      const entry = this.durable.at(index)!;
      if (opened.holds(entry)) {
        const found = opened.at(index);
        if (found === undefined || Buffer.compare(found.data, entry.data) === 0) continue;
        throw new Violation(RULE, `${name} holds the entry ${entry.term}/${index} with another content`);
      }
      if (this.#mayReplace(entry)) continue;
      throw new Violation(RULE, `${name} forgot the entry ${entry.term}/${index}`);
    }
    if (this.durable.snapshot.index > log.snapshot.index)
      throw new Violation(RULE, `${name} forgot the snapshot of ${this.durable.snapshot.index}`);
  }

  #reach(): void {
    const { hardState, lastIndex } = this.durable;
    this.#reached.set(hardState.term, Math.max(lastIndex, this.#reached.get(hardState.term) ?? 0));
  }

  /** Whether something on its way to the disk when it ended could have taken an entry's place. */
  #mayReplace({ index }: Entry): boolean {
    return [...this.#pending].some(
      ({ entries = [], snapshot }) => snapshot !== undefined || entries.some((entry) => entry.index <= index),
    );
  }
}
