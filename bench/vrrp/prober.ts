import { get } from "node:https";
import type { Attempt } from "./gap.ts";

const EVERY_MS = 25;
const TIMEOUT_MS = 400;

/**
 * Asks the console's port of the VIP over a new TLS connection every 25 ms, whether or not the last one has ended. Any
 * answer over HTTP is good: it is HAProxy that answers, with 503, as there are no mail nodes in this lab.
 */
export class Prober {
  readonly attempts: Attempt[] = [];
  readonly #host: string;
  readonly #port: number;
  readonly #timer: NodeJS.Timeout;

  constructor(host: string, port: number) {
    this.#host = host;
    this.#port = port;
    this.#timer = setInterval(() => this.#ask(), EVERY_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #ask(): void {
    const startedMs = Date.now();
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    // The certificate names the VIP; that it is the right one is tested elsewhere.
    const options = { host: this.#host, port: this.#port, agent: false, rejectUnauthorized: false, signal };
    const end = (isGood: boolean) => this.attempts.push({ startedMs, endedMs: Date.now(), isGood });
    const request = get(options, (response) => {
      response.resume().on("error", () => undefined);
      request.off("error", failed).on("error", () => undefined);
      end(true);
    });
    const failed = () => end(false);
    request.on("error", failed);
  }
}
