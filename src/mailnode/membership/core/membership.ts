import { Awareness } from "./awareness.ts";
import { Broadcasts } from "./broadcasts.ts";
import { assertSpeakable, MAX_MEMBERS } from "./codec.ts";
import { MAX_ACCUSED_INCARNATION } from "./incarnation.ts";
import { Knowledge } from "./knowledge.ts";
import { asMember, forExchange, isPresent, MemberTable } from "./member-table.ts";
import { Outbox } from "./outbox.ts";
import { pick, type Random } from "./pick.ts";
import { Prober } from "./prober.ts";
import { ProbeOrder } from "./probe-order.ts";
import { nackAfterMs, syncIntervalMs, type Profile } from "./profile.ts";
import { Relays } from "./relays.ts";
import { Self, type SelfOptions } from "./self.ts";
import type { Address, Evidence, Member, MemberId, Message, Metadata, Output, Packet } from "./types.ts";

export interface MembershipOptions {
  readonly self: SelfOptions;
  readonly profile: Profile;
  /** The longest packet, encoded. */
  readonly packetBytes: number;
  readonly random: Random;
}

/**
 * Who is there, by SWIM with Lifeguard's refinements. Pure: every call gets the time and gives what to do.
 *
 * It advises. Who may vote is decided elsewhere, and nothing here is asked for it.
 */
export class Membership {
  readonly #profile: Profile;
  readonly #random: Random;
  readonly #table = new MemberTable(MAX_MEMBERS - 1);
  readonly #broadcasts = new Broadcasts();
  readonly #relays = new Relays();
  readonly #awareness: Awareness;
  readonly #order: ProbeOrder;
  readonly #prober: Prober;
  readonly #outbox: Outbox;
  readonly #knowledge: Knowledge;
  readonly #self: Self;
  #seeds: readonly Address[] = [];
  #gossipAt: number;
  #syncAt: number;
  #reconnectAt: number;
  #awakeAt: number;

  /** Throws RangeError when id or metadata are longer than others accept. */
  constructor({ self, profile, packetBytes, random }: MembershipOptions, now: number) {
    assertSpeakable(self.id, self.metadata);
    this.#profile = profile;
    this.#random = random;
    this.#awareness = new Awareness(profile.awarenessMax);
    this.#order = new ProbeOrder(random);
    this.#outbox = new Outbox(this.#table, this.#broadcasts, profile, packetBytes);
    this.#knowledge = new Knowledge(
      self.id,
      profile,
      {
        table: this.#table,
        order: this.#order,
        broadcasts: this.#broadcasts,
        outbox: this.#outbox,
      },
      random,
    );
    this.#self = new Self(self, this.#awareness, this.#broadcasts, this.#outbox);
    // Nodes that start together must not probe, gossip and synchronise together.
    const someOf = (ms: number): number => now + random() * ms;
    const seq = Math.floor(random() * 2 ** 32);
    this.#prober = new Prober(profile, this.#awareness, seq, someOf(profile.probeIntervalMs));
    this.#gossipAt = someOf(profile.gossipIntervalMs);
    this.#syncAt = someOf(profile.syncIntervalMs);
    this.#reconnectAt = someOf(profile.reconnectIntervalMs);
    this.#awakeAt = now;
  }

  /** When to call tick() next. */
  get deadline(): number {
    const suspicions = this.#table.all().map(({ suspicion }) => suspicion?.deadline ?? Infinity);
    return Math.min(
      this.#prober.deadline,
      this.#relays.deadline,
      this.#gossipAt,
      this.#syncAt,
      this.#reconnectAt,
      ...suspicions,
    );
  }

  /** How much this node doubts itself: 0 is healthy. */
  get doubt(): number {
    return this.#awareness.score;
  }

  /** News that others have not been told often enough; 0 when this node may go after leave(). */
  get unsaid(): number {
    return this.#broadcasts.size;
  }

  /** All members that were heard of, this node and those that are gone included, by id. */
  members(): readonly Member[] {
    const others = this.#table.all().map(asMember);
    return [this.#self.member(), ...others.filter((member) => member !== undefined)].sort((a, b) =>
      a.id < b.id ? -1 : 1,
    );
  }

  /** The whole of what is known, for an exchange. */
  state(now: number): readonly Evidence[] {
    return [this.#self.evidence(), ...this.#table.all().map((record) => forExchange(record, now))];
  }

  /** Does what is due. */
  tick(now: number): Output {
    this.#wake(now);
    for (const dead of this.#knowledge.bury(now)) this.#prober.drop(dead);
    this.#probe(now);
    for (const { to, seq } of this.#relays.takeOverdue(now)) this.#outbox.send(to, [{ kind: "nack", seq }]);
    if (now >= this.#gossipAt) this.#gossip(now);
    if (now >= this.#syncAt) this.#sync(now);
    if (now >= this.#reconnectAt) this.#reconnect(now);
    return this.#done();
  }

  /** Takes a packet; answers in it reach the address it came from. */
  receive(packet: Packet, now: number): Output {
    this.#wake(now);
    // Evidence first, so that an accused member's refutation rides on its answer to the very same packet.
    for (const message of packet.messages) {
      if (message.kind === "evidence") this.#hear(message.evidence, now);
    }
    for (const message of packet.messages) this.#answer(message, packet.from, now);
    return this.#done();
  }

  /** Takes another node's whole state. */
  merge(state: readonly Evidence[], now: number): Output {
    this.#wake(now);
    for (const evidence of state) this.#hear(evidence, now);
    return this.#done();
  }

  /**
   * Asks for exchanges with these addresses: how a node finds its first members, and finds them again after
   * a time in which none of those it knew was left. They take the place of the ones given before.
   */
  join(addresses: readonly Address[]): Output {
    this.#seeds = addresses.filter((address) => !this.#self.isAt(address));
    for (const address of this.#seeds) this.#outbox.sync(address);
    return this.#done();
  }

  /** A fallback ping was answered over TCP: the member is there, though its packets do not arrive. */
  fallbackAnswered(seq: number): Output {
    const id = this.#prober.answered(seq);
    const record = id === undefined ? undefined : this.#table.get(id);
    const member = record && asMember(record);
    if (member) this.#outbox.tell({ kind: "udp-blocked", member });
    return this.#done();
  }

  /** Tells all members something new of this node. Throws RangeError when it is too long. */
  announce(metadata: Metadata): Output {
    assertSpeakable(this.#self.id, metadata);
    this.#self.update(metadata);
    return this.#done();
  }

  /** Tells all members that this node goes. Go on calling tick() until `unsaid` is 0, or for a while. */
  leave(): Output {
    this.#self.leave();
    return this.#done();
  }

  /** The reservation was written down. */
  granted(bound: number): Output {
    this.#self.granted(bound);
    return this.#done();
  }

  /** The reservation could not be written down; it is asked for again with the next call. */
  refused(): void {
    this.#self.refused();
  }

  /**
   * When this node did not run for a while, others have had no chance to answer or refute: suspicions get the
   * time that was lost, and a probe under way proves nothing.
   */
  #wake(now: number): void {
    const lostMs = now - Math.max(this.deadline, this.#awakeAt);
    if (lostMs <= this.#profile.probeTimeoutMs) return;
    this.#awakeAt = now;
    for (const { suspicion } of this.#table.all()) suspicion?.postpone(lostMs);
    this.#prober.drop();
    this.#relays.clear();
    this.#awareness.change(1);
  }

  #hear(evidence: Evidence, now: number): void {
    if (evidence.state !== "alive" && evidence.incarnation > MAX_ACCUSED_INCARNATION) return;
    if (evidence.member === this.#self.id) this.#self.hear(evidence);
    else this.#knowledge.hear(evidence, now);
  }

  #answer(message: Message, from: Address, now: number): void {
    switch (message.kind) {
      case "ping":
        // Another node may have had this address before.
        if (message.target === this.#self.id) this.#outbox.send(from, [{ kind: "ack", seq: message.seq }]);
        return;
      case "ping-req":
        this.#relay(message, from, now);
        return;
      case "ack": {
        if (this.#prober.answered(message.seq) !== undefined) return;
        const relay = this.#relays.takeAnswered(message.seq);
        if (relay) this.#outbox.send(relay.to, [{ kind: "ack", seq: relay.seq }]);
        return;
      }
      case "nack":
        this.#prober.unanswered(message.seq);
        return;
      case "evidence":
        return;
    }
  }

  #relay(message: Message & { kind: "ping-req" }, to: Address, now: number): void {
    const seq = this.#prober.nextSeq();
    const nackAt = now + nackAfterMs(this.#profile);
    if (!this.#relays.add(seq, { to, seq: message.seq, nackAt })) return;
    this.#outbox.send(message.address, [{ kind: "ping", seq, target: message.target }]);
  }

  #probe(now: number): void {
    const verdict = this.#prober.takeVerdict(now);
    if (verdict && !verdict.isAnswered) this.#knowledge.suspect(verdict.target, now);
    const unanswered = this.#prober.takeUnanswered(now);
    if (unanswered) this.#askForHelp(unanswered);
    if (!this.#prober.isDue(now)) return;
    const target = this.#self.hasLeft ? undefined : this.#order.next((id) => this.#mayProbe(id));
    const seq = this.#prober.begin(target, now);
    if (target === undefined) return;
    this.#outbox.send(this.#table.get(target)!.announcement!.address, [{ kind: "ping", seq, target }]);
  }

  #mayProbe(id: MemberId): boolean {
    const record = this.#table.get(id);
    return record !== undefined && isPresent(record) && record.announcement !== undefined;
  }

  #askForHelp({ target, seq }: { readonly target: MemberId; readonly seq: number }): void {
    const address = this.#table.get(target)!.announcement!.address;
    const others = this.#table.reachable().filter(({ id, state }) => id !== target && state === "alive");
    const asked = pick(others, this.#profile.indirectProbes, this.#random);
    for (const { announcement } of asked) {
      this.#outbox.send(announcement.address, [{ kind: "ping-req", seq, target, address }]);
    }
    this.#prober.asked(asked.length);
    this.#outbox.askOverTcp({ seq, target, to: address });
  }

  #gossip(now: number): void {
    this.#gossipAt = now + this.#profile.gossipIntervalMs;
    const listeners = this.#table.all().filter(({ state, since, announcement }) => {
      const isRecentlyDead = state === "dead" && now - since < this.#profile.gossipToDeadMs;
      return announcement && (state === "alive" || state === "suspect" || isRecentlyDead);
    });
    for (const { announcement } of pick(listeners, this.#profile.gossipNodes, this.#random)) {
      this.#outbox.send(announcement!.address, []);
    }
  }

  #sync(now: number): void {
    this.#syncAt = now + syncIntervalMs(this.#profile, this.#table.count());
    this.#table.forget(now - this.#profile.tombstoneMs);
    const others = this.#table.reachable().filter(({ state }) => state === "alive");
    for (const { announcement } of pick(others, 1, this.#random)) this.#outbox.sync(announcement.address);
  }

  #reconnect(now: number): void {
    this.#reconnectAt = now + this.#profile.reconnectIntervalMs;
    const dead = this.#table.all().filter(({ state, announcement }) => state === "dead" && announcement);
    for (const { announcement } of pick(dead, 1, this.#random)) this.#outbox.sync(announcement!.address);
    const unmet = this.#seeds.filter((address) => {
      const record = this.#table.byAddress(address);
      return !record || !isPresent(record);
    });
    for (const address of pick(unmet, 1, this.#random)) this.#outbox.sync(address);
  }

  #done(): Output {
    return this.#outbox.take(this.#self.takeReservation());
  }
}
