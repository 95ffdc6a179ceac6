import { distinct, parseEndpoint, type Discovery } from "./endpoint.ts";

/** The peers that the configuration names. Throws DISCOVERY_ENDPOINT. */
export function staticDiscovery(peers: readonly string[]): Discovery {
  const endpoints = distinct(peers.map(parseEndpoint));
  return { discover: async () => endpoints };
}
