import { once } from "node:events";
import { createServer, type Server } from "node:https";
import type { Console } from "./console.ts";
import type { Door } from "./door.ts";
import { HTTP_LIMITS, MAX_CONNECTIONS, REQUEST_TIMEOUT_MS } from "./http-limits.ts";

export interface AdminOptions {
  readonly address: string;
  readonly port: number;
  /** Key and certificate chain. */
  readonly pem: string;
  readonly console: Console;
  readonly door: Door;
  /** How long a client may take for the handshake, in milliseconds; as long as for its request by default. */
  readonly handshakeTimeoutMs?: number;
}

/** The console on its TLS port. */
export class AdminServer {
  readonly #options: AdminOptions;
  readonly #server: Server;

  constructor(options: AdminOptions) {
    const { pem, console, door, handshakeTimeoutMs: handshakeTimeout = REQUEST_TIMEOUT_MS } = options;
    this.#options = options;
    // Node's limits of HTTP begin after the handshake, and its own for that is two minutes.
    const limits = { ...HTTP_LIMITS, handshakeTimeout };
    this.#server = createServer({ key: pem, cert: pem, ...limits }, (request, response) => {
      console.answer(request, response, door).catch(() => response.destroy());
    });
    this.#server.maxConnections = MAX_CONNECTIONS;
  }

  /** Binds the port. Rejects with EADDRINUSE or EACCES. */
  async start(): Promise<void> {
    const listening = once(this.#server, "listening");
    this.#server.listen(this.#options.port, this.#options.address);
    await listening;
  }

  /** Shows another key and certificate from the next connection on. Throws what node:tls says of it. */
  rotate(pem: string): void {
    this.#server.setSecureContext({ key: pem, cert: pem });
  }

  async stop(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }
}
