import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";

/** Where a node takes mail. */
export interface FrontTarget {
  readonly name: string;
  readonly port: number;
}

const CONNECT_TIMEOUT_MS = 1_000;

/**
 * A small stand-in for balancer and floating address: a TCP port on loopback that sends each connection to one
 * node, the holder, and takes the next node when the holder does not answer. Begins each connection with a
 * PROXY v1 line, as HAProxy does.
 */
export class Front {
  readonly #server: Server;
  readonly #targets: readonly FrontTarget[];
  readonly #sockets = new Set<Socket>();
  #holder = 0;

  private constructor(targets: readonly FrontTarget[]) {
    this.#targets = targets;
    this.#server = createServer((client) => void this.#serve(client));
  }

  static async start(targets: readonly FrontTarget[]): Promise<Front> {
    const front = new Front(targets);
    const listening = once(front.#server, "listening");
    front.#server.listen(0, "127.0.0.1");
    await listening;
    return front;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** The name of the node that gets the connections now. */
  get holder(): string {
    return this.#targets[this.#holder]!.name;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    const closed = once(this.#server, "close");
    this.#server.close();
    await closed;
  }

  async #serve(client: Socket): Promise<void> {
    this.#keep(client);
    for (let tried = 0; tried < this.#targets.length; tried++) {
      const index = this.#holder;
      const node = await reach(this.#targets[index]!.port);
      if (node) {
        this.#keep(node);
        node.write(`PROXY TCP4 127.0.0.1 127.0.0.1 ${client.remotePort} ${client.localPort}\r\n`);
        client.pipe(node).pipe(client);
        // A client must see at once that its node is gone, and a node its client.
        client.on("close", () => node.destroy());
        node.on("close", () => client.destroy());
        return;
      }
      // Another connection may have moved on already.
      if (this.#holder === index) this.#holder = (index + 1) % this.#targets.length;
    }
    client.destroy();
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => this.#sockets.delete(socket));
  }
}

/** A connection to a loopback port, or undefined when nobody answers there. */
async function reach(port: number): Promise<Socket | undefined> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => undefined);
  try {
    await once(socket, "connect", { signal: AbortSignal.timeout(CONNECT_TIMEOUT_MS) });
    return socket;
  } catch {
    socket.destroy();
    return undefined;
  }
}
