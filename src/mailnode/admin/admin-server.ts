import { once } from "node:events";
import { createServer, type Server } from "node:https";
import type { Console } from "./console.ts";
import type { Door } from "./door.ts";
import { HTTP_LIMITS, MAX_CONNECTIONS } from "./http-limits.ts";

export interface AdminOptions {
  readonly address: string;
  readonly port: number;
  /** Key and certificate chain. */
  readonly pem: string;
  readonly console: Console;
  readonly door: Door;
}

/** The console on its TLS port. */
export class AdminServer {
  readonly #options: AdminOptions;
  readonly #server: Server;

  constructor(options: AdminOptions) {
    const { pem, console, door } = options;
    this.#options = options;
    this.#server = createServer({ key: pem, cert: pem, ...HTTP_LIMITS }, (request, response) => {
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
