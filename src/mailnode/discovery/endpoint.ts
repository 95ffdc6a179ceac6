import { UserError } from "../../support/errors.ts";

/** Where a peer may listen. `host` is an IP address or a name. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** More than this many are never given: no cluster is that large, and a wrong name may hold anything. */
export const MAX_ENDPOINTS = 256;

/**
 * A way to find peers. What it gives are places to knock at: who lives there is proved by keys and
 * certificates, never by discovery.
 */
export interface Discovery {
  /** At most MAX_ENDPOINTS, each once; none when there are none. Rejects with a UserError DISCOVERY_... */
  discover(): Promise<readonly Endpoint[]>;
}

/** Reads "node-2:7946", "192.0.2.1:7946" or "[2001:db8::1]:7946". Throws DISCOVERY_ENDPOINT on anything else. */
export function parseEndpoint(text: string): Endpoint {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9._-]+)):([0-9]{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (!match || !isPort(port)) {
    throw new UserError(
      "DISCOVERY_ENDPOINT",
      `${JSON.stringify(text)} is not a host and a port`,
      'write both, such as "node-2:7946" or "[2001:db8::1]:7946"',
    );
  }
  return { host: (match[1] ?? match[2])!, port };
}

export function isPort(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= 65_535;
}

/** Each once, in the order of their coming, at most MAX_ENDPOINTS. */
export function distinct(endpoints: readonly Endpoint[]): readonly Endpoint[] {
  const byText = new Map(endpoints.map((endpoint) => [`${endpoint.host} ${endpoint.port}`, endpoint]));
  return [...byText.values()].slice(0, MAX_ENDPOINTS);
}
