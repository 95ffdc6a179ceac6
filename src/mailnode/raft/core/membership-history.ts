/**
 * Every membership that the log holds, with the index from which it is in force: a node follows the latest in its
 * log, committed or not (4.1), and falls back to the one before when a new leader overwrites that entry.
 */
import { InvariantViolation } from "./invariant.ts";
import type { Index, Membership } from "./types.ts";

export interface MembershipRecord {
  readonly index: Index;
  readonly membership: Membership;
}

export class MembershipHistory {
  #records: MembershipRecord[];

  constructor(base: MembershipRecord) {
    this.#records = [base];
  }

  /** The one in force. */
  get latest(): MembershipRecord {
    return this.#records[this.#records.length - 1]!;
  }

  /** The one that was in force at `index`. */
  at(index: Index): MembershipRecord {
    for (let place = this.#records.length - 1; place >= 0; place--) {
      const record = this.#records[place]!;
      if (record.index <= index) return record;
    }
    throw new InvariantViolation(
      `the membership at index ${index} was asked for after it was compacted away`,
    );
  }

  /** Those that are or may be in force, as far as a node knows that committed up to `index`: the last of them is. */
  since(index: Index): readonly MembershipRecord[] {
    const first = this.#records.lastIndexOf(this.at(index));
    return this.#records.slice(first);
  }

  append(index: Index, membership: Membership): void {
    this.#records.push({ index, membership });
  }

  /** The log from `index` on is gone. */
  truncateFrom(index: Index): void {
    while (this.#records.length > 1 && this.latest.index >= index) this.#records.pop();
  }

  /** Nobody asks for what was in force before `index` any more. */
  compactTo(index: Index): void {
    while (this.#records.length > 1 && this.#records[1]!.index <= index) this.#records.shift();
  }
}
