import { createHash } from "node:crypto";
import {
  decodePacket,
  decodeState,
  encodePacket,
  encodeState,
} from "../../../../src/mailnode/membership/core/codec.ts";
import { RESERVED_BLOCK } from "../../../../src/mailnode/membership/core/incarnation.ts";
import { Membership } from "../../../../src/mailnode/membership/core/membership.ts";
import type { Profile } from "../../../../src/mailnode/membership/core/profile.ts";
import type {
  Address,
  MemberId,
  MembershipEvent,
  Output,
} from "../../../../src/mailnode/membership/core/types.ts";
import { seeded } from "../../fixtures/random.ts";

export const PACKET_BYTES = 1_357;

export interface NetworkOptions {
  readonly seed: number;
  readonly profile: Profile;
  /** Of packets, from 0 to 1; streams lose nothing. */
  readonly loss?: number;
  readonly minDelayMs?: number;
  readonly maxDelayMs?: number;
}

export interface Happening {
  readonly at: number;
  readonly node: MemberId;
  readonly event: MembershipEvent;
}

interface Node {
  readonly id: MemberId;
  readonly address: Address;
  membership: Membership;
  /** What survives a crash: incarnations up to this may have been used. */
  reserved: number;
  isUp: boolean;
  pausedUntil: number;
}

interface Item {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

/** Several members over a network with loss, delay, cuts and pauses, in virtual time; the same for the same seed. */
export class VirtualNetwork {
  readonly #options: Required<NetworkOptions>;
  readonly #random: () => number;
  readonly #hash = createHash("sha256");
  readonly #agenda: Item[] = [];
  readonly #nodes = new Map<MemberId, Node>();
  readonly happenings: Happening[] = [];
  /** Pairs "a>b" over which nothing passes. */
  readonly #cuts = new Set<string>();
  /** The longest packet that was sent, in bytes. */
  longestPacket = 0;
  packets = 0;
  #order = 0;
  now = 0;

  constructor(options: NetworkOptions) {
    this.#options = { loss: 0, minDelayMs: 1, maxDelayMs: 5, ...options };
    this.#random = seeded(options.seed);
  }

  get ids(): readonly MemberId[] {
    return [...this.#nodes.keys()];
  }

  node(id: MemberId): Membership {
    return this.#nodes.get(id)!.membership;
  }

  /** Starts nodes n0, n1, ... that all join the first. */
  startMany(count: number): void {
    for (let i = 0; i < count; i++) this.start(`n${i}`, i === 0 ? [] : ["n0"]);
  }

  /** Starts a node, or starts it again: with what its disk kept, or with nothing when `isForgetful`. */
  start(id: MemberId, seeds: readonly MemberId[], isForgetful = false): void {
    const before = this.#nodes.get(id);
    const first = isForgetful ? 1 : (before?.reserved ?? 0) + 1;
    const reserved = first + RESERVED_BLOCK;
    const address = before?.address ?? {
      host: `10.0.${this.#nodes.size >> 8}.${this.#nodes.size & 255}`,
      port: 7946,
    };
    const seed = Math.floor(this.#random() * 2 ** 32);
    const metadata = {
      name: id,
      roles: ["mail"],
      addresses: { smtp: `${address.host}:25` },
      loadPermille: 0,
    };
    const membership = new Membership(
      {
        self: { id, address, metadata, incarnation: first, reserved },
        profile: this.#options.profile,
        packetBytes: PACKET_BYTES,
        random: seeded(seed),
      },
      this.now,
    );
    const node: Node = { id, address, membership, reserved, isUp: true, pausedUntil: 0 };
    this.#nodes.set(id, node);
    this.#do(node, membership.join(seeds.map((seedId) => this.#nodes.get(seedId)!.address)));
    this.#tickLater(node);
  }

  crash(id: MemberId): void {
    this.#nodes.get(id)!.isUp = false;
  }

  /** The process stops while time goes on; packets wait for it. */
  pause(id: MemberId, ms: number): void {
    this.#nodes.get(id)!.pausedUntil = this.now + ms;
  }

  /** Nothing passes from `from` to `to`. */
  cut(from: readonly MemberId[], to: readonly MemberId[]): void {
    for (const a of from) for (const b of to) this.#cuts.add(`${a}>${b}`);
  }

  heal(): void {
    this.#cuts.clear();
  }

  /** Calls a node as its own program does. */
  call(id: MemberId, body: (membership: Membership) => Output): void {
    const node = this.#nodes.get(id)!;
    this.#do(node, body(node.membership));
  }

  run(ms: number): void {
    const end = this.now + ms;
    for (let item = this.#agenda[0]; item && item.at <= end; item = this.#agenda[0]) {
      this.#agenda.shift();
      this.now = item.at;
      item.run();
    }
    this.now = end;
  }

  /** Runs until the condition holds; how long that took, or undefined when it did not within the limit. */
  runUntil(limitMs: number, condition: () => boolean, stepMs = 50): number | undefined {
    const start = this.now;
    while (!condition()) {
      if (this.now - start >= limitMs) return undefined;
      this.run(stepMs);
    }
    return this.now - start;
  }

  events(kind: MembershipEvent["kind"], since = 0): readonly Happening[] {
    return this.happenings.filter(({ event, at }) => event.kind === kind && at >= since);
  }

  /** What a node knows, in a form that can be compared between nodes. */
  view(id: MemberId): readonly string[] {
    return this.node(id)
      .members()
      .map(
        (member) => `${member.id} ${member.state} ${member.incarnation} ${JSON.stringify(member.metadata)}`,
      );
  }

  /** Whether all the given nodes know the same. */
  agrees(ids: readonly MemberId[] = this.ids): boolean {
    return new Set(ids.map((id) => this.view(id).join("\n"))).size === 1;
  }

  /** Whether every one of `watchers` has this member in this state. */
  allSee(watchers: readonly MemberId[], member: MemberId, state: string): boolean {
    return watchers.every((id) =>
      this.node(id)
        .members()
        .some((seen) => seen.id === member && seen.state === state),
    );
  }

  /** Everything that was sent and told so far, in its order. */
  digest(): string {
    return this.#hash.copy().digest("hex");
  }

  #tickLater(node: Node): void {
    const { membership } = node;
    this.#at(Math.max(this.now, membership.deadline, node.pausedUntil), () => {
      if (node.membership !== membership || this.#nodes.get(node.id) !== node || !node.isUp) return;
      if (this.now >= node.pausedUntil) this.#do(node, membership.tick(this.now));
      this.#tickLater(node);
    });
  }

  #do(node: Node, output: Output): void {
    for (const event of output.events) {
      this.happenings.push({ at: this.now, node: node.id, event });
      this.#hash.update(`${this.now} ${node.id} ${JSON.stringify(event)}\n`);
    }
    for (const { to, messages } of output.packets) this.#packet(node, to, encodePacket(messages));
    for (const ping of output.fallbackPings) this.#fallback(node, ping);
    for (const to of output.syncs) this.#sync(node, to);
    if (output.reserve !== undefined) {
      node.reserved = output.reserve;
      this.#do(node, node.membership.granted(output.reserve));
    }
  }

  #packet(from: Node, to: Address, bytes: Uint8Array): void {
    this.packets++;
    this.longestPacket = Math.max(this.longestPacket, bytes.length);
    this.#hash.update(`${this.now} ${from.id} ${to.host} `).update(bytes);
    const isLost = this.#random() < this.#options.loss;
    const delay = this.#delay();
    if (isLost) return;
    this.#deliver(from, to, delay, (target) => {
      const packet = { from: from.address, messages: decodePacket(bytes)! };
      this.#do(target, target.membership.receive(packet, this.now));
    });
  }

  #fallback(from: Node, ping: Output["fallbackPings"][number]): void {
    this.#deliver(from, ping.to, this.#delay(), (target) => {
      if (target.id !== ping.target) return;
      this.#deliver(target, from.address, this.#delay(), () => {
        this.#do(from, from.membership.fallbackAnswered(ping.seq));
      });
    });
  }

  #sync(from: Node, to: Address): void {
    const question = encodeState(from.membership.state(this.now));
    this.#deliver(from, to, this.#delay(), (target) => {
      const answer = encodeState(target.membership.state(this.now));
      this.#do(target, target.membership.merge(decodeState(question)!, this.now));
      this.#deliver(target, from.address, this.#delay(), () => {
        this.#do(from, from.membership.merge(decodeState(answer)!, this.now));
      });
    });
  }

  #deliver(from: Node, to: Address, delay: number, run: (target: Node) => void): void {
    const arrive = (): void => {
      const target = [...this.#nodes.values()].find(({ address }) => address.host === to.host);
      if (!target?.isUp || this.#cuts.has(`${from.id}>${target.id}`)) return;
      if (this.now < target.pausedUntil) this.#at(target.pausedUntil, arrive);
      else run(target);
    };
    this.#at(this.now + delay, arrive);
  }

  #delay(): number {
    const { minDelayMs, maxDelayMs } = this.#options;
    return minDelayMs + this.#random() * (maxDelayMs - minDelayMs);
  }

  #at(at: number, run: () => void): void {
    const item = { at, order: this.#order++, run };
    let low = 0;
    let high = this.#agenda.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = this.#agenda[middle]!;
      if (other.at < at || (other.at === at && other.order < item.order)) low = middle + 1;
      else high = middle;
    }
    this.#agenda.splice(low, 0, item);
  }
}
