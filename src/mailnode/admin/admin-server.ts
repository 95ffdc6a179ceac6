import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { Health, Ready } from "../../contract/health.ts";
import { statusPage, type StatusFacts } from "./status-page.ts";

export interface AdminOptions {
  readonly address: string;
  readonly port: number;
  /** Key and certificate chain. */
  readonly pem: string;
  health(): Promise<Health>;
  ready(): Promise<Ready>;
  facts(): StatusFacts;
}

/** A client that has not sent its request by then is dropped: a balancer sends it at once. */
const REQUEST_TIMEOUT_MS = 10_000;

/** The console's port: GET /health, /ready and a page for people. */
export class AdminServer {
  readonly #options: AdminOptions;
  readonly #server: Server;

  constructor(options: AdminOptions) {
    this.#options = options;
    this.#server = createServer(
      {
        key: options.pem,
        cert: options.pem,
        requestTimeout: REQUEST_TIMEOUT_MS,
        headersTimeout: REQUEST_TIMEOUT_MS,
      },
      (request, response) => {
        this.#answer(request, response).catch(() => response.destroy());
      },
    );
  }

  /** Binds the port. Rejects with EADDRINUSE or EACCES. */
  async start(): Promise<void> {
    const listening = once(this.#server, "listening");
    this.#server.listen(this.#options.port, this.#options.address);
    await listening;
  }

  async stop(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== "GET" && request.method !== "HEAD") {
      send(response, 405, "text/plain; charset=utf-8", "GET only\n");
      return;
    }
    switch ((request.url ?? "/").split("?")[0]) {
      case "/health": {
        const health = await this.#options.health();
        sendJson(response, health.status === "healthy" ? 200 : 503, health);
        return;
      }
      case "/ready": {
        const ready = await this.#options.ready();
        sendJson(response, ready.ready ? 200 : 503, ready);
        return;
      }
      case "/":
        send(response, 200, "text/html; charset=utf-8", statusPage(this.#options.facts()));
        return;
      default:
        send(response, 404, "text/plain; charset=utf-8", "not found\n");
    }
  }
}

function sendJson(response: ServerResponse, status: number, body: Health | Ready): void {
  send(response, status, "application/json", `${JSON.stringify(body)}\n`);
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, {
    "content-type": type,
    "content-length": Buffer.byteLength(body),
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
  });
  response.end(body);
}
