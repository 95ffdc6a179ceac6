import { randomBytes } from "node:crypto";
import type { Logger } from "pino";
import type { Env } from "../../../support/env.ts";
import { decodePacket, decodeState, encodePacket } from "../core/codec.ts";
import { RESERVED_BLOCK } from "../core/incarnation.ts";
import { Membership } from "../core/membership.ts";
import type { Profile } from "../core/profile.ts";
import type {
  Address,
  Evidence,
  Member,
  MemberId,
  MembershipEvent,
  Metadata,
  Output,
} from "../core/types.ts";
import {
  answerBody,
  decodeQuestion,
  encodeAnswer,
  encodeQuestion,
  MARK_BYTES,
  type Question,
} from "./exchange.ts";
import type { IncarnationFile } from "./incarnation-file.ts";
import type { KeyRing } from "./key-ring.ts";
import { SEAL_BYTES, Sealer } from "./sealer.ts";
import { MAX_DATAGRAM_BYTES, type Receiver, type Transport } from "./transport.ts";

/** How long an exchange of the whole state may take. */
const EXCHANGE_LIMIT_MS = 10_000;
/** Exchanges under way at a time; more are left out, as there will be others. */
const MAX_EXCHANGES = 8;

export interface GossipOptions {
  readonly id: MemberId;
  /** Names the cluster: gossip of another one is not heard. */
  readonly cluster: string;
  /** Where others reach this node, when that is not where it is bound. */
  readonly address?: Address;
  readonly metadata: Metadata;
  readonly profile: Profile;
  readonly keys: KeyRing;
  readonly incarnations: Pick<IncarnationFile, "read" | "reserve">;
  readonly openTransport: (receiver: Receiver) => Promise<Transport>;
  readonly env: Env;
  readonly log: Logger;
}

/**
 * The membership of this node at work: packets in and out, sealed; time; what must survive a restart.
 *
 * What it says of members is advice about where they are and whether they seem alive, never who may vote.
 */
export class Gossip {
  readonly #options: GossipOptions;
  readonly #sealer: Sealer;
  readonly #listeners = new Set<(event: MembershipEvent) => void>();
  readonly #stopping = new AbortController();
  #transport!: Transport;
  #membership!: Membership;
  #loop: Promise<void> = Promise.resolve();
  #exchanges = 0;
  #refused = 0;

  private constructor(options: GossipOptions) {
    this.#options = options;
    this.#sealer = new Sealer(options.keys, options.cluster, randomBytes(16));
  }

  /** Binds, reserves incarnations on disk, and begins to gossip. Throws what binding and the disk throw. */
  static async start(options: GossipOptions): Promise<Gossip> {
    const gossip = new Gossip(options);
    const { env, incarnations, log } = options;
    const kept = await incarnations.read();
    if (kept === undefined)
      log.warn("the file of used incarnations cannot be read: learning them from others");
    const incarnation = Math.max(1, kept ?? 1);
    const reserved = incarnation + RESERVED_BLOCK;
    await incarnations.reserve(reserved);
    // Nothing is handed over before this function's turn ends, in which the membership is made.
    gossip.#transport = await options.openTransport({
      datagram: (from, bytes) => gossip.#datagram(from, bytes),
      question: (bytes) => gossip.#question(bytes),
    });
    const address = options.address ?? gossip.#transport.address;
    gossip.#membership = new Membership(
      {
        self: { id: options.id, address, metadata: options.metadata, incarnation, reserved },
        profile: options.profile,
        packetBytes: MAX_DATAGRAM_BYTES - SEAL_BYTES,
        random: () => env.random(),
      },
      env.monotonic(),
    );
    gossip.#loop = gossip.#run();
    return gossip;
  }

  /** Where this node is bound. */
  get address(): Address {
    return this.#transport.address;
  }

  /** How much this node doubts itself: 0 is healthy. */
  get doubt(): number {
    return this.#membership.doubt;
  }

  /** Datagrams and questions that did not open or were no gossip: a wrong key, another cluster, or noise. */
  get refused(): number {
    return this.#refused;
  }

  members(): readonly Member[] {
    return this.#membership.members();
  }

  /** Calls `listener` with every change; gives the function that ends it. */
  listen(listener: (event: MembershipEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Asks these for the members they know, now and again while they are not among those that are there. */
  join(addresses: readonly Address[]): void {
    this.#do(this.#membership.join(addresses));
  }

  /** Tells all members something new of this node. Throws RangeError when it is too long. */
  announce(metadata: Metadata): void {
    this.#do(this.#membership.announce(metadata));
  }

  /** Says good-bye, waits at most `limitMs` until that has been passed on, and stops. */
  async leave(limitMs: number): Promise<void> {
    const { env, profile } = this.#options;
    const end = env.monotonic() + limitMs;
    this.#do(this.#membership.leave());
    const isAlone = this.members().every(({ id, state }) => id === this.#options.id || state !== "alive");
    while (!isAlone && this.#membership.unsaid > 0 && env.monotonic() < end) {
      await env.sleep(profile.gossipIntervalMs / 2);
    }
    await this.stop();
  }

  /** Stops at once; the others will find it dead. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#loop;
    await this.#transport.close();
  }

  async #run(): Promise<void> {
    const { env } = this.#options;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const waitMs = Math.max(1, this.#membership.deadline - env.monotonic());
      await env.sleep(waitMs, signal).catch(() => undefined);
      if (!signal.aborted) this.#do(this.#membership.tick(env.monotonic()));
    }
  }

  #datagram(from: Address, bytes: Uint8Array): void {
    const text = this.#sealer.open("packet", bytes);
    const messages = text && decodePacket(text);
    if (!messages) {
      this.#refused++;
      return;
    }
    this.#do(this.#membership.receive({ from, messages }, this.#options.env.monotonic()));
  }

  #question(bytes: Uint8Array): Uint8Array | undefined {
    const text = this.#sealer.open("question", bytes);
    const question = text && decodeQuestion(text);
    if (!question) {
      this.#refused++;
      return undefined;
    }
    if (question.kind === "ping") {
      const isForUs = question.target === this.#options.id;
      return isForUs ? this.#sealer.seal("answer", encodeAnswer(question.mark)) : undefined;
    }
    const now = this.#options.env.monotonic();
    // What is known before the question: the asker needs to hear what is thought of it.
    const answer = encodeAnswer(question.mark, this.#membership.state(now));
    this.#do(this.#membership.merge(question.state, now));
    return this.#sealer.seal("answer", answer);
  }

  #do(output: Output): void {
    if (this.#stopping.signal.aborted) return;
    for (const { to, messages } of output.packets) {
      this.#transport.send(to, this.#sealer.seal("packet", encodePacket(messages)));
    }
    for (const ping of output.fallbackPings) void this.#ping(ping);
    for (const to of output.syncs) void this.#exchange(to);
    if (output.reserve !== undefined) void this.#reserve(output.reserve);
    for (const event of output.events) for (const listener of this.#listeners) listener(event);
  }

  async #ping({ seq, target, to }: Output["fallbackPings"][number]): Promise<void> {
    const { probeIntervalMs, probeTimeoutMs } = this.#options.profile;
    const question: Question = { kind: "ping", mark: randomBytes(MARK_BYTES), target };
    const body = await this.#ask(to, question, probeIntervalMs - probeTimeoutMs);
    if (body) this.#do(this.#membership.fallbackAnswered(seq));
  }

  async #exchange(to: Address): Promise<void> {
    if (this.#exchanges >= MAX_EXCHANGES) return;
    this.#exchanges++;
    const { env } = this.#options;
    const mark = randomBytes(MARK_BYTES);
    const question: Question = { kind: "state", mark, state: this.#membership.state(env.monotonic()) };
    const body = await this.#ask(to, question, EXCHANGE_LIMIT_MS);
    this.#exchanges--;
    const state: readonly Evidence[] | undefined = body && decodeState(body);
    if (state) this.#do(this.#membership.merge(state, env.monotonic()));
  }

  /** The answer, or undefined when there was none: a member that is down is nothing out of the ordinary. */
  async #ask(to: Address, question: Question, limitMs: number): Promise<Uint8Array | undefined> {
    try {
      const sealed = this.#sealer.seal("question", encodeQuestion(question));
      const answer = this.#sealer.open("answer", await this.#transport.ask(to, sealed, limitMs));
      if (answer) return answerBody(question, answer);
      this.#refused++;
    } catch (error) {
      this.#options.log.debug({ to, kind: question.kind, error: String(error) }, "no answer over TCP");
    }
    return undefined;
  }

  async #reserve(bound: number): Promise<void> {
    try {
      await this.#options.incarnations.reserve(bound);
    } catch (error) {
      this.#options.log.error({ error: String(error) }, "the used incarnations cannot be written down");
      await this.#options.env.sleep(1_000, this.#stopping.signal).catch(() => undefined);
      this.#membership.refused();
      return;
    }
    this.#do(this.#membership.granted(bound));
  }
}
