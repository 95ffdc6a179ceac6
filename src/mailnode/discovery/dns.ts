import { Resolver } from "node:dns/promises";
import { UserError } from "../../support/errors.ts";
import { distinct, type Discovery, type Endpoint } from "./endpoint.ts";

export interface DnsOptions {
  /** Name servers, "10.0.0.2" or "10.0.0.2:53"; those of the machine when there are none. */
  readonly servers: readonly string[];
  /** For one try at one server; each is tried twice. */
  readonly timeoutMs: number;
}

/** Answers that say "there are none", which is no failure: a name without members yet has no records. */
const NONE = new Set(["ENOTFOUND", "ENODATA"]);
/** Targets of one SRV name whose addresses are asked for. */
const MAX_TARGETS = 64;

/** The addresses of a name, IPv4 and IPv6, each with the given port: a round-robin name, a headless service. */
export function dnsAddresses(name: string, port: number, options: DnsOptions): Discovery {
  return {
    discover: async () => {
      const resolver = resolverOf(options);
      return distinct(await addressesOf(resolver, name, port));
    },
  };
}

/**
 * The services under a name such as "_mail._tcp.example.com" (RFC 2782), by priority and then by weight. A
 * target whose address cannot be found is left out when others can be.
 */
export function dnsServices(name: string, options: DnsOptions): Discovery {
  return {
    discover: async () => {
      const resolver = resolverOf(options);
      const records = await asked(name, () => resolver.resolveSrv(name));
      // A single record "." says that the service is decidedly not there (RFC 2782).
      const targets = records
        .filter((record) => record.name !== "" && record.name !== ".")
        .sort((a, b) => a.priority - b.priority || b.weight - a.weight || (a.name < b.name ? -1 : 1))
        .slice(0, MAX_TARGETS);
      const found = await Promise.allSettled(
        targets.map((target) => addressesOf(resolver, target.name, target.port)),
      );
      const endpoints = found.flatMap((result) => (result.status === "fulfilled" ? result.value : []));
      const failed = found.find((result) => result.status === "rejected");
      if (failed && endpoints.length === 0) throw failed.reason;
      return distinct(endpoints);
    },
  };
}

function resolverOf({ servers, timeoutMs }: DnsOptions): Resolver {
  const resolver = new Resolver({ timeout: timeoutMs, tries: 2 });
  if (servers.length > 0) resolver.setServers(servers);
  return resolver;
}

async function addressesOf(resolver: Resolver, name: string, port: number): Promise<readonly Endpoint[]> {
  const families = await Promise.allSettled([
    asked(name, () => resolver.resolve4(name)),
    asked(name, () => resolver.resolve6(name)),
  ]);
  const hosts = families.flatMap((family) => (family.status === "fulfilled" ? family.value : []));
  const failed = families.find((family) => family.status === "rejected");
  if (failed && hosts.length === 0) throw failed.reason;
  return hosts.map((host) => ({ host, port }));
}

async function asked<T>(name: string, question: () => Promise<readonly T[]>): Promise<readonly T[]> {
  try {
    return await question();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    if (NONE.has(code)) return [];
    throw new UserError(
      "DISCOVERY_DNS",
      `the name servers gave no answer for ${name} (${code})`,
      "see that a name server answers and that the name is right",
      { cause: error },
    );
  }
}
