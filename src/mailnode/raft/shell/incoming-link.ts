/** A connection by which a peer sends to this node. Until it has greeted, it is a stranger and gets little room. */
import { checkServerIdentity, type TLSSocket } from "node:tls";
import type { NodeId } from "../core/types.ts";
import { encodeFrame, type Frame } from "../wire/frame.ts";
import { FrameDecoder } from "../wire/frame-decoder.ts";
import { decodeHello, encodeReply, GREETING_MAX_BYTES, PROTOCOL_VERSION, type Hello } from "./greeting.ts";
import { decodePacket } from "./packet-codec.ts";
import type { Packet } from "./packet.ts";
import type { PeerAddress } from "./tls-options.ts";

export interface IncomingLinkOptions {
  readonly socket: TLSSocket;
  readonly id: NodeId;
  readonly cluster: string;
  readonly maxFrameBytes: number;
  /** Where a member is, if it is one. */
  readonly addressOf: (member: NodeId) => PeerAddress | undefined;
  readonly welcomed: (member: NodeId) => void;
  readonly packet: (from: NodeId, packet: Packet) => void;
  readonly report: (problem: string) => void;
}

export class IncomingLink {
  readonly #options: IncomingLinkOptions;
  #decoder = new FrameDecoder(GREETING_MAX_BYTES);
  #from: NodeId | undefined;
  #refused = false;

  constructor(options: IncomingLinkOptions) {
    this.#options = options;
    options.socket.on("data", (chunk: Buffer) => this.#data(chunk));
  }

  /** Undefined until it has greeted. */
  get from(): NodeId | undefined {
    return this.#from;
  }

  /** Bytes held of a frame that is not whole. */
  get held(): number {
    return this.#decoder.held;
  }

  end(): void {
    this.#options.socket.destroy();
  }

  #data(chunk: Buffer): void {
    const { socket, report } = this.#options;
    try {
      for (const frame of this.#decoder.push(chunk)) {
        if (socket.destroyed || this.#refused) return;
        if (this.#from === undefined) this.#greet(frame);
        else this.#take(this.#from, frame);
      }
    } catch (error) {
      report(`${this.#from ?? "a stranger"} at ${socket.remoteAddress}: ${(error as Error).message}`);
      socket.destroy();
    }
  }

  #greet(frame: Frame): void {
    const { socket, maxFrameBytes, welcomed, report } = this.#options;
    const hello = decodeHello(frame);
    const refusal = this.#refusal(hello);
    for (const bytes of encodeFrame(encodeReply(refusal))) socket.write(bytes);
    if (refusal !== undefined) {
      // Ended, not destroyed: the caller is to read why.
      this.#refused = true;
      socket.end();
      return report(`${hello.from || "a stranger"} at ${socket.remoteAddress} was refused: ${refusal}`);
    }
    // The caller sends nothing more before it has the welcome, so that nothing of its next frame is lost here.
    this.#decoder = new FrameDecoder(maxFrameBytes);
    this.#from = hello.from;
    welcomed(hello.from);
  }

  #refusal({ version, cluster, from, to }: Hello): string | undefined {
    const { id, socket, addressOf } = this.#options;
    if (version !== PROTOCOL_VERSION) return `it speaks version ${version} and this node ${PROTOCOL_VERSION}`;
    if (cluster !== this.#options.cluster) return "it belongs to another cluster";
    if (to !== id) return `it looks for ${to}, and here is ${id}`;
    const address = addressOf(from);
    if (address === undefined) return `${from} is not in this node's list of members`;
    const { host, name = host } = address;
    const mismatch = checkServerIdentity(name, socket.getPeerCertificate());
    if (mismatch !== undefined) return `its certificate is not for ${name}, where ${from} is`;
    return undefined;
  }

  #take(from: NodeId, frame: Frame): void {
    const packet = decodePacket(frame);
    const message = packet.type === "raft" || packet.type === "snapshotOffer" ? packet.message : undefined;
    if (message !== undefined && (message.from !== from || message.to !== this.#options.id))
      throw new Error(`it sent a message from ${message.from} to ${message.to}`);
    this.#options.packet(from, packet);
  }
}
