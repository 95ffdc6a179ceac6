import * as z from "zod";
import type { Secret } from "../../support/secret.ts";
import { distinct, isPort, type Discovery } from "./endpoint.ts";
import { getJson } from "./http-json.ts";

export interface ConsulOptions {
  /** "http://127.0.0.1:8500": the agent of this machine. */
  readonly api: string;
  readonly service: string;
  /** An ACL token that may read the service; none where Consul asks for none. */
  readonly token?: Secret;
  /** The authority of the agent's certificate, in PEM; the system's when there is none. */
  readonly ca?: string;
  readonly timeoutMs: number;
}

/** /v1/health/service/:service; what is not read is left out. */
const Instances = z.array(
  z.object({
    Node: z.object({ Address: z.string() }),
    Service: z.object({ Address: z.string(), Port: z.number() }),
    Checks: z.array(z.object({ CheckID: z.string(), Status: z.string() })),
  }),
);

/**
 * The instances of a service (https://developer.hashicorp.com/consul/api-docs/health), without those whose
 * machine Consul thinks lost. Instances whose own checks fail are among them: a mail node's checks pass after
 * it has joined, and it could else never find those that start together with it.
 */
export function consulDiscovery({ api, service, token, ca, timeoutMs }: ConsulOptions): Discovery {
  return {
    async discover() {
      const url = new URL(`/v1/health/service/${encodeURIComponent(service)}`, api);
      const headers = { Accept: "application/json", ...(token && { "X-Consul-Token": token }) };
      const question = { url, peer: "the Consul agent", headers, ca, limitMs: timeoutMs };
      const instances = await getJson(question, Instances);
      const there = instances.filter(
        ({ Checks }) =>
          !Checks.some(({ CheckID, Status }) => CheckID === "serfHealth" && Status === "critical"),
      );
      // A service registered without an address has its machine's.
      const peers = there.map(({ Node, Service }) => ({
        host: Service.Address || Node.Address,
        port: Service.Port,
      }));
      return distinct(peers.filter(({ host, port }) => host !== "" && isPort(port)));
    },
  };
}
