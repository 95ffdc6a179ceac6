import type { Broadcasts } from "./broadcasts.ts";
import {
  asEvidence,
  asMember,
  isPresent,
  overrules,
  type MemberRecord,
  type MemberTable,
} from "./member-table.ts";
import type { Outbox } from "./outbox.ts";
import type { Random } from "./pick.ts";
import type { ProbeOrder } from "./probe-order.ts";
import { confirmationsWanted, suspicionMaxMs, suspicionMinMs, type Profile } from "./profile.ts";
import { Suspicion } from "./suspicion.ts";
import type { Announcement, Evidence, MemberChange, MemberId } from "./types.ts";

/**
 * What evidence about others does to what is known of them.
 *
 * Two things only grow: (incarnation, state) in the order of `overrules`, and the announcement by its own
 * incarnation. So all views become equal, whatever the order in which evidence comes.
 *
 * No member is declared dead on the word of others: their verdict makes our suspicion as short as it may be,
 * and no shorter, so that a member that is alive and reachable from here always has the time to refute.
 */
export class Knowledge {
  readonly #self: MemberId;
  readonly #profile: Profile;
  readonly #table: MemberTable;
  readonly #order: ProbeOrder;
  readonly #broadcasts: Broadcasts;
  readonly #outbox: Outbox;
  readonly #random: Random;

  constructor(
    self: MemberId,
    profile: Profile,
    parts: {
      readonly table: MemberTable;
      readonly order: ProbeOrder;
      readonly broadcasts: Broadcasts;
      readonly outbox: Outbox;
    },
    random: Random,
  ) {
    this.#self = self;
    this.#profile = profile;
    this.#table = parts.table;
    this.#order = parts.order;
    this.#broadcasts = parts.broadcasts;
    this.#outbox = parts.outbox;
    this.#random = random;
  }

  /** Takes evidence about another member, of whatever age. */
  hear(evidence: Evidence, now: number): void {
    const record = this.#table.get(evidence.member);
    if (!record) {
      this.#meet(evidence, now);
      return;
    }
    const before = record.announcement;
    this.#learn(record, evidence);
    if (overrules(record, evidence)) this.#correct(record, evidence);
    else if (evidence.state === "alive") this.#revive(record, evidence, now);
    else if (evidence.state === "left") this.#part(record, evidence, now);
    else this.#accuse(record, evidence, now);
    this.#show(record, before);
    if (record.announcement !== before) this.#spread(record, true);
  }

  /** Accuses a member that did not answer this node. */
  suspect(member: MemberId, now: number): void {
    const record = this.#table.get(member);
    if (!record || !isPresent(record)) return;
    this.hear({ member, state: "suspect", incarnation: record.incarnation, by: this.#self }, now);
  }

  /** Declares dead those whose suspicion has run out; gives their ids. */
  bury(now: number): readonly MemberId[] {
    const dead = this.#table.all().filter(({ suspicion }) => suspicion && suspicion.deadline <= now);
    for (const record of dead) {
      record.by = this.#self;
      this.#remove(record, "dead", now);
    }
    return dead.map(({ id }) => id);
  }

  #meet(evidence: Evidence, now: number): void {
    const goneForMs = (evidence.goneForS ?? 0) * 1_000;
    if (goneForMs >= this.#profile.tombstoneMs) return;
    const record = this.#table.add(evidence, now);
    if (!record) return;
    record.announcement = evidence.announcement;
    if (record.state === "suspect") record.suspicion = this.#suspicion(evidence.by, now);
    if (isPresent(record)) this.#order.add(record.id);
    this.#show(record, undefined);
    // Old news of one that is gone is kept and not spread: else it would be remembered for ever, each telling
    // the other anew.
    if (goneForMs === 0) this.#spread(record, true);
  }

  #learn(record: MemberRecord, { announcement }: Evidence): void {
    const known = record.announcement?.incarnation ?? -1;
    if (announcement && announcement.incarnation > known) record.announcement = announcement;
  }

  /**
   * The other has not heard what is known here: say it again. To a member that came back under an old
   * incarnation this is also said directly, as nobody else may know that it is thought dead.
   */
  #correct(record: MemberRecord, { announcement }: Evidence): void {
    if (this.#broadcasts.has(record.id)) return;
    this.#spread(record, true);
    if (record.state === "alive" || !announcement) return;
    this.#outbox.send(announcement.address, [{ kind: "evidence", evidence: asEvidence(record, false) }]);
  }

  #revive(record: MemberRecord, evidence: Evidence, now: number): void {
    if (!overrules(evidence, record)) return;
    const before = record.state;
    this.#set(record, evidence, "alive", now);
    record.suspicion = undefined;
    if (before === "dead" || before === "left") this.#order.add(record.id);
    if (before === "suspect") this.#tell("recovered", record);
    this.#spread(record, true);
  }

  #part(record: MemberRecord, evidence: Evidence, now: number): void {
    if (!overrules(evidence, record)) return;
    record.incarnation = evidence.incarnation;
    record.by = evidence.by;
    this.#remove(record, "left", now);
  }

  #accuse(record: MemberRecord, evidence: Evidence, now: number): void {
    const { suspicion } = record;
    const isSameIncarnation = evidence.incarnation === record.incarnation;
    if (suspicion && isSameIncarnation) {
      if (evidence.state === "dead") suspicion.condemn();
      else if (suspicion.confirm(evidence.by)) {
        record.by = evidence.by;
        this.#spread(record, false);
      }
      return;
    }
    if (!overrules(evidence, record)) return;
    if (!isPresent(record)) {
      // It is gone here already. That somebody has since accused a later incarnation shows that it came back
      // and must not be taken as a sign of life: only its own word is.
      this.#set(record, evidence, "dead", record.since);
      this.#spread(record, false);
      return;
    }
    const before = record.state;
    this.#set(record, evidence, "suspect", now);
    record.suspicion = this.#suspicion(evidence.by, now);
    if (evidence.state === "dead") record.suspicion.condemn();
    if (before === "alive") this.#tell("suspected", record);
    this.#spread(record, false);
    this.#lookForOneself(record);
  }

  /**
   * A suspicion is as long as it is for want of confirmations, and a refutation needs to be asked for: so some
   * probe the suspect next, out of turn. Each decides by chance, so that about twice as many do as confirmations
   * are wanted, however large the cluster is.
   */
  #lookForOneself({ id, by }: MemberRecord): void {
    const n = this.#table.count();
    const others = n - 2;
    if (by !== this.#self && this.#random() * others < 2 * confirmationsWanted(this.#profile, n)) {
      this.#order.hasten(id);
    }
  }

  #remove(record: MemberRecord, state: "dead" | "left", now: number): void {
    record.state = state;
    record.suspicion = undefined;
    record.since = now;
    this.#order.remove(record.id);
    this.#tell(state === "dead" ? "failed" : "left", record);
    record.isShown = false;
    this.#spread(record, false);
  }

  #set(record: MemberRecord, evidence: Evidence, state: MemberRecord["state"], since: number): void {
    record.state = state;
    record.incarnation = evidence.incarnation;
    record.by = evidence.by;
    record.since = since;
  }

  #suspicion(accuser: MemberId, now: number): Suspicion {
    const n = this.#table.count();
    const times = {
      minMs: suspicionMinMs(this.#profile, n),
      maxMs: suspicionMaxMs(this.#profile, n),
      wanted: confirmationsWanted(this.#profile, n),
    };
    return new Suspicion(accuser, times, now);
  }

  /** Tells readers that it is there, or that it says something else than before. */
  #show(record: MemberRecord, before: Announcement | undefined): void {
    const { announcement } = record;
    if (!isPresent(record) || !announcement) return;
    if (!record.isShown) {
      record.isShown = true;
      this.#tell("joined", record);
    } else if (announcement !== before && !isSameWord(announcement, before)) this.#tell("updated", record);
  }

  /** Only of members that readers were told of. */
  #tell(kind: MemberChange, record: MemberRecord): void {
    const member = asMember(record);
    if (member && record.isShown) this.#outbox.tell({ kind, member });
  }

  #spread(record: MemberRecord, isWhole: boolean): void {
    this.#broadcasts.put(asEvidence(record, isWhole));
  }
}

/** Whether two announcements differ in nothing but their incarnation, as after a refutation. */
function isSameWord(a: Announcement, b: Announcement | undefined): boolean {
  const word = (said: Announcement | undefined): string => JSON.stringify([said?.address, said?.metadata]);
  return word(a) === word(b);
}
