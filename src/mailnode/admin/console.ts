import type { IncomingMessage, ServerResponse } from "node:http";
import { API_ROOT } from "../../contract/api-operations.ts";
import type { Health, Ready } from "../../contract/health.ts";
import type { ClusterApi } from "./api/cluster-api.ts";
import type { Door } from "./door.ts";
import { send, sendJson } from "./send.ts";
import { statusPage, type StatusFacts } from "./status-page.ts";

export interface ConsoleParts {
  readonly health: () => Promise<Health>;
  readonly ready: () => Promise<Ready>;
  readonly facts: () => StatusFacts;
  readonly api: ClusterApi;
  /** In Prometheus' text format. */
  readonly metrics: () => Promise<string>;
}

export const METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** What a node answers over HTTP, whichever way it is asked: GET /health, /ready, /metrics, a page, and the cluster's API. */
export class Console {
  readonly #parts: ConsoleParts;

  constructor(parts: ConsoleParts) {
    this.#parts = parts;
  }

  /** @param door tells who asks, where that matters */
  async answer(request: IncomingMessage, response: ServerResponse, door: Door): Promise<void> {
    const { api, health, ready, facts, metrics } = this.#parts;
    const path = (request.url ?? "/").split("?")[0]!;
    if (path === API_ROOT || path.startsWith(`${API_ROOT}/`)) return api.answer(request, response, door);
    if (request.method !== "GET" && request.method !== "HEAD")
      return send(response, 405, "text/plain; charset=utf-8", "GET only\n", { allow: "GET, HEAD" });
    switch (path) {
      case "/health": {
        const answer = await health();
        return sendJson(response, answer.status === "healthy" ? 200 : 503, answer);
      }
      case "/ready": {
        const answer = await ready();
        return sendJson(response, answer.ready ? 200 : 503, answer);
      }
      case "/metrics":
        return api.guard(request, response, door, async () => {
          const text = await metrics();
          return () => send(response, 200, METRICS_TYPE, text);
        });
      case "/":
        return send(response, 200, "text/html; charset=utf-8", statusPage(facts()));
      default:
        return send(response, 404, "text/plain; charset=utf-8", "not found\n");
    }
  }
}
