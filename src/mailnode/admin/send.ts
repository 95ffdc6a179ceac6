import type { ServerResponse } from "node:http";

export type Headers = Readonly<Record<string, string | number>>;

/** Answers a request with a whole body. Nothing of the console is kept by a cache or guessed at by a browser. */
export function send(
  response: ServerResponse,
  status: number,
  type: string,
  body: string,
  headers: Headers = {},
): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, {
    "content-type": type,
    "content-length": Buffer.byteLength(body),
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    ...headers,
  });
  response.end(body);
}

export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Headers = {},
  type = "application/json",
): void {
  send(response, status, type, `${JSON.stringify(body)}\n`, headers);
}
