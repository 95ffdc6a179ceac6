import { messageBytes, MAX_MESSAGES, PACKET_HEADER_BYTES } from "./codec.ts";
import type { Broadcasts } from "./broadcasts.ts";
import { asEvidence, type MemberTable } from "./member-table.ts";
import { retransmitLimit, type Profile } from "./profile.ts";
import type { Address, MemberId, MembershipEvent, Message, Output } from "./types.ts";

/** Collects what one call wants done. Every packet is filled up with news. */
export class Outbox {
  readonly #table: MemberTable;
  readonly #broadcasts: Broadcasts;
  readonly #profile: Profile;
  readonly #packetBytes: number;
  #packets: Output["packets"][number][] = [];
  #fallbackPings: Output["fallbackPings"][number][] = [];
  #syncs: Address[] = [];
  #events: MembershipEvent[] = [];

  constructor(table: MemberTable, broadcasts: Broadcasts, profile: Profile, packetBytes: number) {
    this.#table = table;
    this.#broadcasts = broadcasts;
    this.#profile = profile;
    this.#packetBytes = packetBytes;
  }

  /**
   * Sends the messages and the news that fit beside them; nothing when there are neither. A member that is
   * accused is told so in every packet, ahead of the rest, that it may refute at once (Lifeguard, IV-C).
   */
  send(to: Address, messages: readonly Message[]): void {
    const record = this.#table.byAddress(to);
    const isTold = messages.some((one) => one.kind === "evidence" && one.evidence.member === record?.id);
    const isAccused = record !== undefined && record.state !== "alive" && !isTold;
    const notice: Message[] = isAccused ? [{ kind: "evidence", evidence: asEvidence(record, false) }] : [];
    const first = [...notice, ...messages];
    const left = first.reduce(
      (bytes, message) => bytes - messageBytes(message),
      this.#packetBytes - PACKET_HEADER_BYTES,
    );
    const limit = retransmitLimit(this.#profile, this.#table.count());
    const told = new Set<MemberId>(isAccused ? [record.id] : []);
    const whole = [...first, ...this.#broadcasts.take(left, MAX_MESSAGES - first.length, limit, told)];
    if (whole.length > 0) this.#packets.push({ to, messages: whole });
  }

  askOverTcp(ping: Output["fallbackPings"][number]): void {
    this.#fallbackPings.push(ping);
  }

  sync(to: Address): void {
    this.#syncs.push(to);
  }

  tell(event: MembershipEvent): void {
    this.#events.push(event);
  }

  /** Everything collected since the last time. */
  take(reserve: number | undefined): Output {
    const output: Output = {
      packets: this.#packets,
      fallbackPings: this.#fallbackPings,
      syncs: this.#syncs,
      ...(reserve !== undefined && { reserve }),
      events: this.#events,
    };
    this.#packets = [];
    this.#fallbackPings = [];
    this.#syncs = [];
    this.#events = [];
    return output;
  }
}
