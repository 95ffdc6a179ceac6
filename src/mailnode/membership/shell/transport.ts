import type { Address } from "../core/types.ts";

/** The longest datagram: with the headers of IPv6 and UDP it fits an Ethernet frame, tunnels allowed for. */
export const MAX_DATAGRAM_BYTES = 1_400;
/** The longest text on a stream: the whole state of a cluster with as many members as there may be. */
export const MAX_FRAME_BYTES = 1024 * 1024;

/** How bytes travel. A simulation gives its own. */
export interface Transport {
  /** Where this node is bound. */
  readonly address: Address;
  /** Sends a datagram, without knowing whether it arrives. */
  send(to: Address, datagram: Uint8Array): void;
  /** One question and its answer over a stream of its own. Rejects when there is none within the time. */
  ask(to: Address, question: Uint8Array, limitMs: number): Promise<Uint8Array>;
  /** Ends what is under way; nothing is received afterwards. */
  close(): Promise<void>;
}

/** Who takes what arrives. */
export interface Receiver {
  datagram(from: Address, bytes: Uint8Array): void;
  /** The answer, or undefined to hang up without a word. */
  question(bytes: Uint8Array): Uint8Array | undefined;
}
