import { Agent, request } from "node:https";
import { Refusal, TimedOut } from "./failure.ts";
import type { Load } from "./smtp-load.ts";

export interface HttpTarget {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  /** What the server's certificate must be for, and the Host header. */
  readonly serverName: string;
  /** Takes any certificate: for a lab, whose own nobody knows. */
  readonly insecure: boolean;
  readonly timeoutMs: number;
  /** The most connections at a time. */
  readonly connections: number;
}

/** Asks for a page over TLS, on connections that are kept. An answer of 400 or more is a failure. */
export function httpLoad(target: HttpTarget): Load {
  const { host, port, path, serverName, insecure, timeoutMs, connections } = target;
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const options = {
    agent,
    host,
    port,
    path,
    servername: serverName,
    rejectUnauthorized: !insecure,
    headers: { host: serverName },
  };
  return {
    once: () =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => asked.destroy(new TimedOut("the answer", timeoutMs)), timeoutMs);
        const fail = (error: Error): void => {
          clearTimeout(timer);
          reject(error);
        };
        const asked = request(options, (answer) => {
          answer.on("error", fail);
          answer.on("end", () => {
            clearTimeout(timer);
            const code = answer.statusCode ?? 0;
            if (code < 400) resolve();
            else reject(new Refusal(code, `answered ${code} ${answer.statusMessage ?? ""}`));
          });
          answer.resume();
        });
        asked.on("error", fail);
        asked.end();
      }),
    close: async () => agent.destroy(),
  };
}
