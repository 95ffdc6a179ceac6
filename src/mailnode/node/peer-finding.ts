import { lookup } from "node:dns/promises";
import { isIPv6 } from "node:net";
import type { Logger } from "pino";
import type { Env } from "../../support/env.ts";
import type { Endpoint } from "../discovery/endpoint.ts";
import { MulticastResponder } from "../discovery/multicast.ts";
import { DiscoveryRefresh } from "../discovery/refresh.ts";
import { makeDiscovery, multicastAt, type DiscoveryConfig } from "./make-discovery.ts";

const REFRESH = { intervalMs: 30_000, firstRetryMs: 500, longestRetryMs: 30_000 };

/** Keeps looking for peers by the configured method, and lets others find this node where the method asks for that. */
export class PeerFinding {
  readonly #refresh: DiscoveryRefresh;
  #responder: MulticastResponder | undefined;
  #answered = false;
  #found = 0;

  private constructor(
    config: DiscoveryConfig,
    found: (addresses: readonly Endpoint[]) => void,
    env: Env,
    log: Logger,
  ) {
    const discovery = makeDiscovery(config, env);
    const noted = {
      discover: async () => {
        const resolving = (await discovery.discover()).map(resolved);
        const endpoints = (await Promise.all(resolving)).filter(({ host }) => !isIPv6(host));
        this.#answered = true;
        this.#found = endpoints.filter((at) => !isOwn(at, config)).length;
        return endpoints;
      },
    };
    this.#refresh = new DiscoveryRefresh(noted, REFRESH, found, env, log);
  }

  /** Throws DISCOVERY_ENDPOINT or DISCOVERY_MULTICAST. */
  static async start(
    config: DiscoveryConfig,
    found: (addresses: readonly Endpoint[]) => void,
    env: Env,
    log: Logger,
  ): Promise<PeerFinding> {
    const finding = new PeerFinding(config, found, env, log);
    if (config.discovery.method === "multicast")
      finding.#responder = await MulticastResponder.start(
        { ...multicastAt(config), answerPort: config.gossip.port },
        env,
      );
    finding.#refresh.start();
    return finding;
  }

  /** Whether the method has given an answer at all. */
  get answered(): boolean {
    return this.#answered;
  }

  /** How many places there are to knock at, besides this node's own. */
  get found(): number {
    return this.#found;
  }

  async stop(): Promise<void> {
    await this.#refresh.stop();
    await this.#responder?.close();
  }
}

function isOwn({ host, port }: Endpoint, { address, gossip }: DiscoveryConfig): boolean {
  return host === address && port === gossip.port;
}

/**
 * Gossip compares addresses, and a node's own is IPv4: nothing goes from there to an IPv6 one. A name that cannot be
 * resolved stays, and is tried again with the next question.
 */
async function resolved({ host, port }: Endpoint): Promise<Endpoint> {
  const address = await lookup(host, { family: 4 }).then(
    (found) => found.address,
    () => host,
  );
  return { host: address, port };
}
