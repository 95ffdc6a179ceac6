import type { Awareness } from "./awareness.ts";
import type { Broadcasts } from "./broadcasts.ts";
import { Incarnation } from "./incarnation.ts";
import type { Outbox } from "./outbox.ts";
import type { Address, Announcement, Evidence, Member, MemberId, Metadata } from "./types.ts";

export interface SelfOptions {
  readonly id: MemberId;
  /** Where others reach this node. */
  readonly address: Address;
  readonly metadata: Metadata;
  /** The first incarnation; higher than any that this id ever used. */
  readonly incarnation: number;
  /** Incarnations up to this one are written down as used. */
  readonly reserved: number;
}

/** This node as a member: what it says of itself, and how it answers what others say of it. */
export class Self {
  readonly id: MemberId;
  readonly #address: Address;
  readonly #incarnation: Incarnation;
  readonly #awareness: Awareness;
  readonly #broadcasts: Broadcasts;
  readonly #outbox: Outbox;
  #metadata: Metadata;
  #announcement: Announcement;
  #state: "alive" | "left" = "alive";
  #conflict: string | undefined;
  #isExhausted = false;

  constructor(options: SelfOptions, awareness: Awareness, broadcasts: Broadcasts, outbox: Outbox) {
    this.id = options.id;
    this.#address = options.address;
    this.#incarnation = new Incarnation(options.incarnation, options.reserved);
    this.#awareness = awareness;
    this.#broadcasts = broadcasts;
    this.#outbox = outbox;
    this.#metadata = options.metadata;
    this.#announcement = this.#announce();
    this.#broadcasts.put(this.evidence());
  }

  get hasLeft(): boolean {
    return this.#state === "left";
  }

  isAt({ host, port }: Address): boolean {
    return host === this.#address.host && port === this.#address.port;
  }

  member(): Member {
    const { address, metadata } = this.#announcement;
    return { id: this.id, state: this.#state, incarnation: this.#incarnation.value, address, metadata };
  }

  evidence(): Evidence {
    return {
      member: this.id,
      state: this.#state,
      incarnation: this.#incarnation.value,
      by: this.id,
      announcement: this.#announcement,
    };
  }

  /** Says something new of itself, under a new incarnation. */
  update(metadata: Metadata): void {
    this.#metadata = metadata;
    this.#raise(this.#incarnation.value + 1);
  }

  leave(): void {
    this.#state = "left";
    this.#broadcasts.put(this.evidence());
  }

  /**
   * Answers what somebody says of this node. What is as new as its own word or newer is overruled by a higher
   * incarnation; what is older is answered by repeating the own word, as the other has not heard it.
   */
  hear(evidence: Evidence): void {
    const own = this.#incarnation.value;
    const isOwnWord = evidence.state === this.#state && evidence.incarnation === own;
    if (isOwnWord && !this.#isConflict(evidence)) return;
    if (evidence.incarnation < own || (evidence.incarnation === own && this.hasLeft)) {
      this.#repeat();
      return;
    }
    if (evidence.state === "suspect" || evidence.state === "dead") this.#awareness.change(1);
    if (this.#isConflict(evidence)) this.#tellConflict(evidence.announcement!.address);
    this.#raise(evidence.incarnation + 1);
  }

  granted(bound: number): void {
    this.#incarnation.granted(bound);
    this.#advance();
  }

  refused(): void {
    this.#incarnation.refused();
  }

  takeReservation(): number | undefined {
    return this.#incarnation.takeReservation();
  }

  /** Somebody else announced this id, at another address, under an incarnation that is not behind. */
  #isConflict({ announcement }: Evidence): boolean {
    if (!announcement || announcement.incarnation < this.#announcement.incarnation) return false;
    return !this.isAt(announcement.address);
  }

  #tellConflict(address: Address): void {
    const text = `${address.host} ${address.port}`;
    if (text === this.#conflict) return;
    this.#conflict = text;
    this.#outbox.tell({ kind: "conflict", address });
  }

  #raise(to: number): void {
    if (this.#incarnation.raise(to)) this.#advance();
    else if (!this.#isExhausted) {
      this.#isExhausted = true;
      this.#outbox.tell({ kind: "incarnations-exhausted" });
    }
  }

  #advance(): void {
    if (!this.#incarnation.advance()) return;
    this.#announcement = this.#announce();
    this.#broadcasts.put(this.evidence());
  }

  #repeat(): void {
    if (!this.#broadcasts.has(this.id)) this.#broadcasts.put(this.evidence());
  }

  #announce(): Announcement {
    return { incarnation: this.#incarnation.value, address: this.#address, metadata: this.#metadata };
  }
}
