import type { ClusterConfig } from "../../contract/cluster-config.ts";
import type { Env } from "../../support/env.ts";
import { Secret } from "../../support/secret.ts";
import { consulDiscovery } from "../discovery/consul.ts";
import { dnsAddresses, dnsServices } from "../discovery/dns.ts";
import type { Discovery } from "../discovery/endpoint.ts";
import { kubernetesDiscovery } from "../discovery/kubernetes.ts";
import { MULTICAST_GROUP, MULTICAST_PORT, multicastDiscovery } from "../discovery/multicast.ts";
import { staticDiscovery } from "../discovery/static.ts";
import { readNamed } from "./config-file.ts";

/** For one question, whatever is asked. */
const TIMEOUT_MS = 5_000;
/** How long answers of the local network are listened for. */
const LISTEN_MS = 1_000;

export type DiscoveryConfig = Pick<ClusterConfig, "name" | "address" | "discovery"> & {
  readonly gossip: { readonly port: number };
};

/**
 * The way to find peers that a configuration names. Files that it names are read anew for each question, as tokens
 * and authorities are renewed in them. Throws DISCOVERY_ENDPOINT.
 */
export function makeDiscovery(config: DiscoveryConfig, env: Env): Discovery {
  const { discovery, gossip } = config;
  switch (discovery.method) {
    case "static":
      return staticDiscovery(discovery.seeds);
    case "dns":
      return dnsAddresses(discovery.name, gossip.port, { servers: discovery.servers, timeoutMs: TIMEOUT_MS });
    case "dns-srv":
      return dnsServices(discovery.name, { servers: discovery.servers, timeoutMs: TIMEOUT_MS });
    case "multicast":
      return multicastDiscovery({ ...multicastAt(config), waitMs: LISTEN_MS }, env);
    case "kubernetes": {
      const { tokenFile, authority, method: _method, ...service } = discovery;
      const token = (): Promise<string> => readToken(tokenFile);
      return asked(async () =>
        kubernetesDiscovery({ ...service, token, ca: await readNamed(authority), timeoutMs: TIMEOUT_MS }),
      );
    }
    case "consul": {
      const { tokenFile, authority, api, service } = discovery;
      return asked(async () =>
        consulDiscovery({
          api,
          service,
          ...(tokenFile !== undefined && { token: new Secret(await readToken(tokenFile)) }),
          ...(authority !== undefined && { ca: await readNamed(authority) }),
          timeoutMs: TIMEOUT_MS,
        }),
      );
    }
  }
}

/** Where a cluster asks and answers on the local network. */
export function multicastAt({ name, address }: Pick<DiscoveryConfig, "name" | "address">) {
  return { cluster: name, address, group: MULTICAST_GROUP, port: MULTICAST_PORT };
}

function asked(make: () => Promise<Discovery>): Discovery {
  return { discover: async () => (await make()).discover() };
}

async function readToken(file: string): Promise<string> {
  return (await readNamed(file)).trim();
}
