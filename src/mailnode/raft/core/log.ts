/**
 * The log since the last compaction, in memory, and how far it got: handed to the disk, durable, committed,
 * handed to the state machine, applied. The write-ahead log is its copy on disk; the shell keeps it short by
 * snapshots.
 *
 *     base <= applied <= applying <= committed <= last,  durable <= handed <= last,  applying <= durable
 */
import { InvariantViolation } from "./invariant.ts";
import { MembershipHistory } from "./membership-history.ts";
import { decodeMembership } from "./membership-codec.ts";
import type { RaftStart } from "./options.ts";
import type { Entry, Index, LogId, Membership, SnapshotMeta, Term } from "./types.ts";

/** What an entry weighs in windows and limits: its data and about what surrounds it in frames and in memory. */
const ENTRY_OVERHEAD_BYTES = 32;

export function entryBytes(entry: Entry): number {
  return entry.data.byteLength + ENTRY_OVERHEAD_BYTES;
}

export class RaftLog {
  #entries: Entry[];
  /** The place before the first entry. */
  #base: LogId;
  #snapshot: SnapshotMeta;
  #handed: Index;
  #durable: Index;
  #committed: Index;
  #applying: Index;
  #applyingBytes = 0;
  #applied: Index;
  #memberships: MembershipHistory;

  /** Throws an InvariantViolation when the parts do not fit together: a disk that lost what it had promised. */
  constructor(start: RaftStart) {
    const { snapshot, hardState, applied } = start;
    this.#base = { term: snapshot.term, index: snapshot.index };
    this.#snapshot = snapshot;
    this.#memberships = new MembershipHistory(snapshot);
    this.#entries = [];
    for (const entry of start.entries) if (entry.index > snapshot.index) this.#push(entry);
    this.#handed = this.#durable = this.lastIndex;
    this.#committed = Math.max(hardState.commit, snapshot.index, applied);
    this.#applying = this.#applied = Math.max(applied, snapshot.index);
    if (this.#committed > this.lastIndex) {
      throw new InvariantViolation(
        `the disk says that index ${this.#committed} was committed and its log ends at ${this.lastIndex}`,
      );
    }
    if (this.lastTerm > hardState.term) {
      throw new InvariantViolation(
        `the disk holds an entry of term ${this.lastTerm} and says that the term is ${hardState.term}`,
      );
    }
  }

  get firstIndex(): Index {
    return this.#base.index + 1;
  }

  get lastIndex(): Index {
    return this.#base.index + this.#entries.length;
  }

  get lastTerm(): Term {
    const last = this.#entries[this.#entries.length - 1];
    return last === undefined ? this.#base.term : last.term;
  }

  get last(): LogId {
    return { term: this.lastTerm, index: this.lastIndex };
  }

  /** The latest snapshot that this node could give to another. */
  get snapshot(): SnapshotMeta {
    return this.#snapshot;
  }

  get handed(): Index {
    return this.#handed;
  }

  get durable(): Index {
    return this.#durable;
  }

  get committed(): Index {
    return this.#committed;
  }

  get applied(): Index {
    return this.#applied;
  }

  /** The membership in force. */
  get membership(): Membership {
    return this.#memberships.latest.membership;
  }

  /** The entry that brought the membership in force; not above `committed` when that is settled. */
  get membershipIndex(): Index {
    return this.#memberships.latest.index;
  }

  /** The membership that was in force at `index`, for a snapshot of that state. */
  membershipAt(index: Index): Membership {
    return this.#memberships.at(index).membership;
  }

  /** The last committed membership and those behind it: any of them may turn out to be in force. */
  get possibleMemberships(): readonly Membership[] {
    return this.#memberships.since(this.#committed).map((record) => record.membership);
  }

  /** The term at `index`; undefined when the log does not reach there, or no longer does. */
  termAt(index: Index): Term | undefined {
    if (index === this.#base.index) return this.#base.term;
    return this.#entries[index - this.#base.index - 1]?.term;
  }

  /** Whether the log holds the entry of this term and index; by Log Matching then also all before it. */
  holds(index: Index, term: Term): boolean {
    return this.termAt(index) === term;
  }

  /** Whether another log, by its last entry, is at least as complete as this one (3.6.1). */
  isUpToDate(lastIndex: Index, lastTerm: Term): boolean {
    return lastTerm > this.lastTerm || (lastTerm === this.lastTerm && lastIndex >= this.lastIndex);
  }

  /** The last place at or below `index` whose term is not above `term`: where another log may still agree. */
  lastBelow(index: Index, term: Term): LogId {
    let place = Math.min(index, this.lastIndex);
    for (; place > this.#base.index; place--) {
      const held = this.termAt(place)!;
      if (held <= term) return { index: place, term: held };
    }
    // Behind the base nothing is known but that it was committed.
    return place === this.#base.index ? this.#base : { index: place, term: 0 };
  }

  /** Appends an entry of the leader's own. */
  append(entry: Entry): void {
    this.#push(entry);
  }

  /**
   * Takes what a leader says follows (prevIndex, prevTerm): the index up to which both logs now agree, or
   * undefined when they part before. Entries are removed only where the terms differ (3.5), never because a
   * message was short or late.
   */
  accept(prevIndex: Index, prevTerm: Term, entries: readonly Entry[]): Index | undefined {
    const agreed = prevIndex + entries.length;
    // All behind the base is committed, here and in every leader's log.
    if (prevIndex >= this.#base.index && !this.holds(prevIndex, prevTerm)) return undefined;
    let place = 0;
    while (place < entries.length) {
      const entry = entries[place]!;
      if (entry.index > this.#base.index && !this.holds(entry.index, entry.term)) break;
      place++;
    }
    if (place < entries.length) {
      const first = entries[place]!;
      if (first.index <= this.lastIndex) this.#truncateFrom(first.index);
      for (; place < entries.length; place++) this.#push(entries[place]!);
    }
    return agreed;
  }

  /** Entries from `from` on: at least one, then as many as fit into maxBytes. */
  slice(from: Index, maxBytes: number, to: Index = this.lastIndex): readonly Entry[] {
    const start = from - this.#base.index - 1;
    const limit = to - this.#base.index;
    let end = start;
    let bytes = 0;
    while (end < limit) {
      bytes += entryBytes(this.#entries[end]!);
      if (bytes > maxBytes && end > start) break;
      end++;
    }
    return this.#entries.slice(start, end);
  }

  /** What the entries behind `from` up to `to` weigh. */
  bytesBetween(from: Index, to: Index): number {
    let bytes = 0;
    for (let index = from + 1; index <= to; index++) {
      bytes += entryBytes(this.#entries[index - this.#base.index - 1]!);
    }
    return bytes;
  }

  commitTo(index: Index): void {
    if (index <= this.#committed) return;
    if (index > this.lastIndex) {
      throw new InvariantViolation(`commit ${index} is behind the end of the log, ${this.lastIndex}`);
    }
    this.#committed = index;
  }

  /** Entries that no batch held yet, for the next one. */
  takeUnwritten(): readonly Entry[] {
    if (this.#handed === this.lastIndex) return [];
    const entries = this.#entries.slice(this.#handed - this.#base.index);
    this.#handed = this.lastIndex;
    return entries;
  }

  /** The disk holds the log up to this place; ignored when the log holds another entry there by now. */
  persisted(place: LogId): void {
    if (place.index > this.#durable && this.holds(place.index, place.term)) this.#durable = place.index;
  }

  /** Committed and durable entries for the state machine, while it is not maxBytes behind. */
  takeCommitted(maxBytes: number): readonly Entry[] {
    const to = Math.min(this.#committed, this.#durable);
    if (to <= this.#applying || this.#applyingBytes >= maxBytes) return [];
    const entries = this.slice(this.#applying + 1, maxBytes - this.#applyingBytes, to);
    for (const entry of entries) this.#applyingBytes += entryBytes(entry);
    this.#applying += entries.length;
    return entries;
  }

  /** The state machine holds everything up to `index`. Throws when it was not given so much. */
  appliedTo(index: Index): void {
    if (index <= this.#applied) return;
    if (index > this.#applying) {
      throw new InvariantViolation(`index ${index} was applied, and only ${this.#applying} was handed out`);
    }
    this.#applyingBytes -= this.bytesBetween(Math.max(this.#applied, this.#base.index), index);
    this.#applied = index;
  }

  /** A witness has no state machine: what is committed and durable counts as applied. */
  skipApplying(): void {
    this.#applying = this.#applied = Math.max(this.#applied, Math.min(this.#committed, this.#durable));
  }

  /** Replaces everything by a snapshot; it counts as handed, and as durable once its batch is. */
  restore(snapshot: SnapshotMeta): void {
    this.#entries = [];
    this.#base = { term: snapshot.term, index: snapshot.index };
    this.#snapshot = snapshot;
    this.#handed = this.#committed = this.#applying = this.#applied = snapshot.index;
    this.#durable = 0;
    this.#applyingBytes = 0;
    this.#memberships = new MembershipHistory(snapshot);
  }

  /** The shell holds a durable snapshot of the applied state at this place. */
  snapshotTaken(snapshot: SnapshotMeta): void {
    if (snapshot.index <= this.#snapshot.index) return;
    if (snapshot.index > this.#applied || !this.holds(snapshot.index, snapshot.term)) {
      throw new InvariantViolation(
        `a snapshot at ${snapshot.term}/${snapshot.index} was taken, and the log is applied to ${this.#applied}`,
      );
    }
    this.#snapshot = snapshot;
  }

  /** Forgets entries up to `index`, which a snapshot covers. Nothing happens when they are gone already. */
  compact(index: Index): void {
    if (index > this.#snapshot.index) {
      throw new InvariantViolation(
        `compaction to ${index} goes past the latest snapshot, ${this.#snapshot.index}`,
      );
    }
    if (index <= this.#base.index) return;
    const term = this.termAt(index)!;
    this.#entries.splice(0, index - this.#base.index);
    this.#base = { term, index };
    this.#memberships.compactTo(index);
  }

  #push(entry: Entry): void {
    if (entry.index !== this.lastIndex + 1 || entry.term < this.lastTerm) {
      throw new InvariantViolation(
        `entry ${entry.term}/${entry.index} cannot follow ${this.lastTerm}/${this.lastIndex}`,
      );
    }
    this.#entries.push(entry);
    if (entry.kind === "config") this.#memberships.append(entry.index, decodeMembership(entry.data));
  }

  #truncateFrom(index: Index): void {
    if (index <= this.#committed) {
      throw new InvariantViolation(
        `a leader wants to overwrite index ${index}, and ${this.#committed} is committed`,
      );
    }
    this.#entries.length = index - this.#base.index - 1;
    this.#handed = Math.min(this.#handed, index - 1);
    this.#durable = Math.min(this.#durable, index - 1);
    this.#memberships.truncateFrom(index);
  }
}
