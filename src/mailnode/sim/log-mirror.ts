/** What a log holds, as far as the simulation was told: rules and promises are checked against it. */
import { decodeMembership } from "../raft/core/membership-codec.ts";
import type { Entry, HardState, Index, LogId, Membership, SnapshotMeta, Term } from "../raft/core/types.ts";
import type { LogAppend, RaftLog } from "../raft/log/raft-log.ts";

export class LogMirror {
  hardState: HardState;
  snapshot: SnapshotMeta;
  #base: LogId;
  #entries: Entry[];

  private constructor(hardState: HardState, snapshot: SnapshotMeta, base: LogId, entries: Entry[]) {
    this.hardState = hardState;
    this.snapshot = snapshot;
    this.#base = base;
    this.#entries = entries;
  }

  /** Of a log that was just opened. */
  static of(log: RaftLog): LogMirror {
    const entries = [...log.entries(log.firstIndex, log.lastIndex + 1)];
    return new LogMirror(log.hardState, log.snapshot, log.compacted, entries);
  }

  copy(): LogMirror {
    return new LogMirror(this.hardState, this.snapshot, this.#base, [...this.#entries]);
  }

  /** The place before the first entry. */
  get base(): LogId {
    return this.#base;
  }

  get lastIndex(): Index {
    return this.#base.index + this.#entries.length;
  }

  at(index: Index): Entry | undefined {
    return this.#entries[index - this.#base.index - 1];
  }

  /** Undefined outside of what is held. */
  termAt(index: Index): Term | undefined {
    return index === this.#base.index ? this.#base.term : this.at(index)?.term;
  }

  /** Whether the entry is here, or was before it was compacted away: then it was committed. */
  holds({ index, term }: LogId): boolean {
    return index < this.#base.index || this.termAt(index) === term;
  }

  /** Whether this is all of a log that ends there; by log matching it is then equal to it. */
  isAllOf({ index, term }: LogId): boolean {
    return index === this.lastIndex && this.termAt(index) === term;
  }

  /** The latest membership here, and the index from which it is in force. */
  get membership(): { readonly index: Index; readonly membership: Membership } {
    for (let place = this.#entries.length - 1; place >= 0; place--) {
      const { kind, index, data } = this.#entries[place]!;
      if (index <= this.snapshot.index) break;
      if (kind === "config") return { index, membership: decodeMembership(data) };
    }
    return { index: this.snapshot.index, membership: this.snapshot.membership };
  }

  put({ hardState, snapshot, entries = [] }: LogAppend): void {
    if (hardState !== undefined) this.hardState = hardState;
    if (snapshot !== undefined) {
      this.snapshot = snapshot;
      if (this.termAt(snapshot.index) !== snapshot.term) {
        this.#base = { term: snapshot.term, index: snapshot.index };
        this.#entries = [];
      }
    }
    for (const entry of entries) {
      this.#entries.length = entry.index - this.#base.index - 1;
      this.#entries.push(entry);
    }
  }
}
