import { once } from "node:events";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";

export interface AgentCheckOptions {
  readonly address: string;
  /** 0: any free one. */
  readonly port: number;
  /** By address; whoever may not is hung up on. Absent: everybody may. */
  readonly mayAsk?: (address: string) => boolean;
  /** One line; see agentAnswer. */
  answer(): string;
}

/** A balancer reads one line and goes; whoever stays longer is none. */
const LINGER_MS = 2000;
/** Far more than there are balancers. */
const MAX_CONNECTIONS = 64;

/** Answers each connection with one line and closes it: the other end of HAProxy's agent-check. */
export class AgentCheckServer {
  readonly #options: AgentCheckOptions;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(options: AgentCheckOptions) {
    this.#options = options;
    this.#server = createServer((socket) => this.#serve(socket));
    this.#server.maxConnections = MAX_CONNECTIONS;
  }

  /** Binds the port and gives it back. Rejects with EADDRINUSE or EACCES. */
  async start(): Promise<number> {
    const listening = once(this.#server, "listening");
    this.#server.listen(this.#options.port, this.#options.address);
    await listening;
    return (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #serve(socket: Socket): void {
    if (this.#options.mayAsk?.(socket.remoteAddress ?? "") === false) {
      socket.destroy();
      return;
    }
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket));
    // A balancer that went away in the middle asks again by itself.
    socket.on("error", () => socket.destroy());
    socket.setTimeout(LINGER_MS, () => socket.destroy());
    socket.resume();
    socket.end(this.#options.answer());
  }
}
