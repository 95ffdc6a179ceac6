import type { Suspicion } from "./suspicion.ts";
import {
  STATES,
  type Address,
  type Announcement,
  type Evidence,
  type Member,
  type MemberId,
  type MemberState,
} from "./types.ts";

/** All that is known of another member. */
export interface MemberRecord {
  readonly id: MemberId;
  state: MemberState;
  /** The highest one that anything was ever said about. */
  incarnation: number;
  /** Who said what `state` says. */
  by: MemberId;
  announcement: Announcement | undefined;
  /** Set while the state is "suspect", and bound to the incarnation above. */
  suspicion: Suspicion | undefined;
  /** When the state last changed. */
  since: number;
  /** Whether readers were told that it joined and not yet that it is gone. */
  isShown: boolean;
}

/** Whether evidence overrules what is known: by a higher incarnation, or a graver state of the same one (SWIM, 4.2). */
export function overrules(
  evidence: Pick<Evidence, "state" | "incarnation">,
  known: Pick<MemberRecord, "state" | "incarnation">,
): boolean {
  if (evidence.incarnation !== known.incarnation) return evidence.incarnation > known.incarnation;
  return STATES.indexOf(evidence.state) > STATES.indexOf(known.state);
}

/** Whether the member may still be there. */
export function isPresent(record: MemberRecord): boolean {
  return record.state === "alive" || record.state === "suspect";
}

/** The record as evidence; with the announcement where the whole of it is asked for. */
export function asEvidence(record: MemberRecord, isWhole: boolean): Evidence {
  const { id: member, state, incarnation, by, announcement } = record;
  return { member, state, incarnation, by, ...(isWhole && announcement && { announcement }) };
}

/** The record for an exchange: with the announcement, and since when it is gone. */
export function forExchange(record: MemberRecord, now: number): Evidence {
  const evidence = asEvidence(record, true);
  if (isPresent(record)) return evidence;
  return { ...evidence, goneForS: Math.max(0, Math.floor((now - record.since) / 1_000)) };
}

/** The record as readers see it, or undefined while the member itself has not been heard. */
export function asMember(record: MemberRecord): Member | undefined {
  const { id, state, incarnation, announcement } = record;
  if (!announcement) return undefined;
  return { id, state, incarnation, address: announcement.address, metadata: announcement.metadata };
}

/** The other members, those that are gone and remembered included. */
export class MemberTable {
  readonly #records = new Map<MemberId, MemberRecord>();
  readonly #limit: number;

  /** Holds at most `limit` members. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get(id: MemberId): MemberRecord | undefined {
    return this.#records.get(id);
  }

  /** Adds a member nothing was known of; undefined when the table is full of members that are not gone. */
  add(evidence: Evidence, now: number): MemberRecord | undefined {
    if (this.#records.size >= this.#limit && !this.#dropOldestGone()) return undefined;
    const record: MemberRecord = {
      id: evidence.member,
      state: evidence.state,
      incarnation: evidence.incarnation,
      by: evidence.by,
      announcement: undefined,
      suspicion: undefined,
      since: now - (evidence.goneForS ?? 0) * 1_000,
      isShown: false,
    };
    this.#records.set(record.id, record);
    return record;
  }

  all(): readonly MemberRecord[] {
    return [...this.#records.values()];
  }

  /** Those that may still be there and whose address is known. */
  reachable(): readonly (MemberRecord & { announcement: Announcement })[] {
    return this.all().filter(
      (record): record is MemberRecord & { announcement: Announcement } =>
        isPresent(record) && record.announcement !== undefined,
    );
  }

  /** How many members there are, with this node. */
  count(): number {
    return this.all().filter(isPresent).length + 1;
  }

  /** The member at an address; of several the one that is not gone, as a machine may come back under a new id. */
  byAddress({ host, port }: Address): MemberRecord | undefined {
    const there = this.all().filter(
      ({ announcement }) => announcement?.address.host === host && announcement.address.port === port,
    );
    return there.find(isPresent) ?? there[0];
  }

  /** Forgets those that have been gone since before `since`. */
  forget(since: number): readonly MemberId[] {
    const old = this.all().filter((record) => !isPresent(record) && record.since < since);
    for (const { id } of old) this.#records.delete(id);
    return old.map(({ id }) => id);
  }

  #dropOldestGone(): boolean {
    const [oldest] = this.all()
      .filter((record) => !isPresent(record))
      .sort((a, b) => a.since - b.since);
    return oldest !== undefined && this.#records.delete(oldest.id);
  }
}
