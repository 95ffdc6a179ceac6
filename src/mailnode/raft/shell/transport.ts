import type { NodeId } from "../core/types.ts";
import type { Packet } from "./packet.ts";

/** Who takes what comes in. */
export interface Receiver {
  /** `from` is proven to be the sender. */
  packet(from: NodeId, packet: Packet): void;
  /** A connection from or to this member ended: what was under way either way may be lost. */
  broken(member: NodeId): void;
}

/**
 * How packets travel between members. Whatever is sent arrives whole, at most once, and in order as long as no
 * connection breaks in between; or it is lost, and then the sender is told by `broken`, except when nothing can
 * know it (a peer that lost its power, a cut cable).
 */
export interface Transport {
  /** Begins to deliver, once. */
  start(receiver: Receiver): void;
  /** False when it was dropped here, for certain: there is no connection, or too much waits on it. */
  send(to: NodeId, packet: Packet): boolean;
  /** Ends all connections; nothing is delivered any more. */
  close(): Promise<void>;
}
