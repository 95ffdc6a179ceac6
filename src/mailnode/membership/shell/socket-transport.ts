import { createSocket, type Socket as DatagramSocket } from "node:dgram";
import { once } from "node:events";
import { connect, createServer, isIPv6, type Server, type Socket } from "node:net";
import type { Address } from "../core/types.ts";
import { frame, readFrame } from "./frame.ts";
import { MAX_DATAGRAM_BYTES, type Receiver, type Transport } from "./transport.ts";

/** Streams that may be open from others at a time; each may hold a frame before it has proved itself. */
const MAX_STREAMS = 32;
/** How long another node may take for its question and the answer. */
const STREAM_LIMIT_MS = 10_000;

/** UDP and TCP on one port number. */
export class SocketTransport implements Transport {
  readonly address: Address;
  readonly #datagrams: DatagramSocket;
  readonly #server: Server;
  readonly #streams: Set<Socket>;

  private constructor(datagrams: DatagramSocket, server: Server, streams: Set<Socket>) {
    const { address, port } = datagrams.address();
    this.address = { host: address, port };
    this.#datagrams = datagrams;
    this.#server = server;
    this.#streams = streams;
  }

  /** Binds both; port 0 takes a free one. Throws what Node says of a port, with both closed again. */
  static async open(at: Address, receiver: Receiver): Promise<SocketTransport> {
    const streams = new Set<Socket>();
    let isOpen = false;
    const server = createServer((socket) => {
      if (isOpen) void answer(socket, receiver, streams);
      else socket.destroy();
    });
    server.maxConnections = MAX_STREAMS;
    const datagrams = createSocket(isIPv6(at.host) ? "udp6" : "udp4");
    try {
      server.listen({ host: at.host, port: at.port });
      await once(server, "listening");
      const { port } = server.address() as { port: number };
      datagrams.bind({ address: at.host, port, exclusive: true });
      await once(datagrams, "listening");
    } catch (error) {
      server.close();
      datagrams.close();
      throw error;
    }
    // What a socket reports later is about one datagram or one connection, never about the node.
    server.on("error", () => undefined);
    datagrams.on("error", () => undefined);
    datagrams.on("message", (bytes, from) => {
      if (bytes.length <= MAX_DATAGRAM_BYTES)
        receiver.datagram({ host: from.address, port: from.port }, bytes);
    });
    isOpen = true;
    return new SocketTransport(datagrams, server, streams);
  }

  send(to: Address, datagram: Uint8Array): void {
    if (datagram.length > MAX_DATAGRAM_BYTES)
      throw new RangeError(`a datagram of ${datagram.length} bytes is longer than ${MAX_DATAGRAM_BYTES}`);
    // Gossip expects losses: an address without a route is one.
    this.#datagrams.send(datagram, to.port, to.host, () => undefined);
  }

  async ask(to: Address, question: Uint8Array, limitMs: number): Promise<Uint8Array> {
    const socket = connect({ host: to.host, port: to.port });
    this.#streams.add(socket);
    const limit = setTimeout(() => {
      socket.destroy(new Error(`${to.host}:${to.port} gave no answer within ${limitMs} ms`));
    }, limitMs);
    try {
      socket.write(frame(question));
      return await readFrame(socket);
    } finally {
      clearTimeout(limit);
      socket.destroy();
      this.#streams.delete(socket);
    }
  }

  async close(): Promise<void> {
    const closed = Promise.all([once(this.#server, "close"), once(this.#datagrams, "close")]);
    this.#server.close();
    this.#datagrams.close();
    for (const stream of this.#streams) stream.destroy(new Error("this node stops"));
    await closed;
  }
}

async function answer(socket: Socket, receiver: Receiver, streams: Set<Socket>): Promise<void> {
  streams.add(socket);
  const limit = setTimeout(() => socket.destroy(), STREAM_LIMIT_MS);
  socket.on("close", () => {
    clearTimeout(limit);
    streams.delete(socket);
  });
  // A stream that breaks is the other side's loss.
  socket.on("error", () => undefined);
  try {
    const words = receiver.question(await readFrame(socket));
    if (words) socket.end(frame(words));
    else socket.destroy();
  } catch {
    socket.destroy();
  }
}
