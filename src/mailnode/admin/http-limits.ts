import type { ServerOptions } from "node:http";

/** A client that has not sent its request by then, or come to an end with TLS, is dropped: a balancer sends it at once. */
export const REQUEST_TIMEOUT_MS = 10_000;

/** What any client of the console is held to, known or not. */
export const HTTP_LIMITS: ServerOptions = {
  requestTimeout: REQUEST_TIMEOUT_MS,
  headersTimeout: REQUEST_TIMEOUT_MS,
  // Node's 30 s would be three times the limits.
  connectionsCheckingInterval: 1_000,
  maxHeaderSize: 8_192,
};

/** Many more than balancers and people need, and few enough for the memory. */
export const MAX_CONNECTIONS = 512;
