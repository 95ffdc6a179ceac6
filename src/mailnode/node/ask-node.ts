import { X509Certificate } from "node:crypto";
import { request } from "node:https";
import type { TLSSocket } from "node:tls";
import type { NodeConfig } from "../../contract/witness-config.ts";
import { readNamed } from "./config-file.ts";

/** Longer than the node's own checks may take. */
const TIMEOUT_MS = 5_000;

/**
 * Asks the console of the node that runs with this configuration for "/ready" or "/health".
 *
 * The other end must show the very certificate that the configuration names: no authority is needed, and
 * nothing else on that port is believed. Rejects when it does not answer.
 */
export async function askNode(
  config: Pick<NodeConfig, "admin">,
  path: "/ready" | "/health",
): Promise<{ status: number; body: string }> {
  const expected = new X509Certificate(await readNamed(config.admin.pem)).fingerprint256;
  return new Promise((resolve, reject) => {
    const asked = request(
      {
        host: config.admin.address,
        port: config.admin.port,
        path,
        rejectUnauthorized: false,
        agent: false,
        timeout: TIMEOUT_MS,
      },
      (response) => {
        const shown = (response.socket as TLSSocket).getPeerX509Certificate()?.fingerprint256;
        if (shown !== expected) {
          asked.destroy(new Error("another certificate than the configuration's answers there"));
          return;
        }
        let body = "";
        response.setEncoding("utf8").on("data", (piece: string) => (body += piece));
        response.on("end", () => resolve({ status: response.statusCode!, body }));
      },
    );
    asked.on("timeout", () => asked.destroy(new Error(`no answer in ${TIMEOUT_MS} ms`)));
    asked.on("error", reject);
    asked.end();
  });
}
