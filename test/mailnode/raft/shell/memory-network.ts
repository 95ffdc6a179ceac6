import { decodePacket, encodePacket } from "../../../../src/mailnode/raft/shell/packet-codec.ts";
import type { Packet } from "../../../../src/mailnode/raft/shell/packet.ts";
import type { Receiver, Transport } from "../../../../src/mailnode/raft/shell/transport.ts";
import type { VirtualTime } from "../../cluster/virtual-time.ts";

/** Members' links in memory, in virtual time: each packet goes through the real codec. */
export class MemoryNetwork {
  readonly #time: VirtualTime;
  readonly #receivers = new Map<string, Receiver>();
  readonly #cut = new Set<string>();
  /** When the last packet of a link arrives: none overtakes it. */
  readonly #busyUntil = new Map<string, number>();
  /** Everything that was sent, by type; for tests that look at the traffic. */
  readonly sent: Packet[] = [];
  /** Drops a packet in silence, as a cable does. */
  loses: (from: string, to: string, packet: Packet) => boolean = () => false;
  /** Changes a packet on its way, as a fault of a program may; TLS and the frames' checksums keep all others out. */
  changes: (packet: Packet) => Packet = (packet) => packet;
  delayMs = 1;

  constructor(time: VirtualTime) {
    this.#time = time;
  }

  transport(id: string): Transport {
    let open = true;
    return {
      start: (receiver) => void this.#receivers.set(id, receiver),
      send: (to, packet) => open && this.#send(id, to, packet),
      close: async () => {
        open = false;
        if (!this.#receivers.delete(id)) return;
        for (const other of this.#receivers.values()) other.broken(id);
      },
    };
  }

  /** Cuts a member off: what is sent to it or by it is gone, and nobody is told. */
  cut(id: string): void {
    this.#cut.add(id);
  }

  heal(id: string): void {
    this.#cut.delete(id);
  }

  /** Ends the connections between two members, and what is on its way in them. */
  reset(one: string, other: string): void {
    this.#receivers.get(one)?.broken(other);
    this.#receivers.get(other)?.broken(one);
  }

  #send(from: string, to: string, packet: Packet): boolean {
    this.sent.push(packet);
    const frame = encodePacket(this.changes(packet));
    const receiver = this.#receivers.get(to);
    if (receiver === undefined) return false;
    if (this.#cut.has(from) || this.#cut.has(to) || this.loses(from, to, packet)) return true;
    const link = `${from} ${to}`;
    const delay = this.delayMs * (0.5 + this.#time.random());
    const at = Math.max(this.#time.now + delay, this.#busyUntil.get(link) ?? 0);
    this.#busyUntil.set(link, at);
    this.#time.schedule(
      at - this.#time.now,
      () => {
        // Another life of this member did not get the connection.
        if (this.#receivers.get(to) !== receiver || this.#cut.has(from) || this.#cut.has(to)) return;
        receiver.packet(from, decodePacket(frame));
      },
      to,
    );
    return true;
  }
}
