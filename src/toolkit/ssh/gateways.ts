import type { Duplex } from "node:stream";
import type { Client } from "ssh2";
import { connect, type Dial, dialDirectly, disconnect, type Session } from "./connect.ts";
import { lost, timedOut, wayRefused } from "./errors.ts";
import type { Address, KnownHosts } from "./known-hosts.ts";
import type { Login } from "./login.ts";
import type { SshOptions } from "./options.ts";
import type { Starts } from "./starts.ts";

/** A connection to a jump host, and how many ways lead through it. */
interface Gateway {
  readonly session: Promise<Session>;
  /** Its place on the way: 1 is reached directly. */
  readonly distance: number;
  ways: number;
}

/**
 * The connections to jump hosts, shared by all machines behind them. A way through one is a channel of its connection;
 * when that has as many as a connection may have, another connection is opened.
 */
export class Gateways {
  readonly #options: SshOptions;
  readonly #knownHosts: () => Promise<KnownHosts>;
  readonly #starts: Starts;
  /** By the jump hosts up to them. */
  readonly #gateways = new Map<string, Gateway[]>();

  constructor(options: SshOptions, knownHosts: () => Promise<KnownHosts>, starts: Starts) {
    this.#options = options;
    this.#knownHosts = knownHosts;
    this.#starts = starts;
  }

  /**
   * How to reach what is behind these jump hosts, the nearest first. Each proves its own host key.
   *
   * To dial throws what `connect` throws of a jump host, and of a way that it does not open: SSH_JUMP, SSH_REFUSED,
   * SSH_UNREACHABLE, SSH_TIMEOUT.
   */
  through(hops: readonly Login[]): Dial {
    return hops.length === 0 ? dialDirectly : (place) => this.#dial(hops, place);
  }

  async #dial(hops: readonly Login[], place: Address & { readonly label: string }): Promise<Duplex> {
    const gateway = this.#withRoom(hops);
    gateway.ways++;
    try {
      const { client } = await gateway.session;
      const { channelTimeoutMs } = this.#options.limits;
      const way = await forward(client, hops.at(-1)!, place, channelTimeoutMs);
      way.once("close", () => gateway.ways--);
      return way;
    } catch (error) {
      gateway.ways--;
      throw error;
    }
  }

  #withRoom(hops: readonly Login[]): Gateway {
    const key = JSON.stringify(hops.map(({ user, host, port }) => [user, host, port]));
    const gateways = this.#gateways.get(key) ?? [];
    this.#gateways.set(key, gateways);
    const found = gateways.find(({ ways }) => ways < this.#options.limits.channelsPerConnection);
    if (found) return found;
    const gateway: Gateway = { session: this.#open(hops), distance: hops.length, ways: 0 };
    const forget = (): void => {
      if (gateways.includes(gateway)) gateways.splice(gateways.indexOf(gateway), 1);
    };
    gateway.session.then(({ client }) => client.on("close", forget), forget);
    gateways.push(gateway);
    return gateway;
  }

  async #open(hops: readonly Login[]): Promise<Session> {
    const login = hops.at(-1)!;
    const knownHosts = await this.#knownHosts();
    const dial = this.through(hops.slice(0, -1));
    return this.#starts.run(login, () => connect(login, knownHosts, this.#options, dial));
  }

  async close(): Promise<void> {
    // The farthest first: what leads through a connection says goodbye over it.
    const all = [...this.#gateways.values()].flat().toSorted((one, other) => other.distance - one.distance);
    this.#gateways.clear();
    for (const { session } of all) {
      const open = await session.catch(() => undefined);
      if (open) await disconnect(open);
    }
  }
}

function forward(
  client: Client,
  jumpHost: Login,
  place: Address & { readonly label: string },
  timeoutMs: number,
): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(timedOut(place.label, place));
      isLate = true;
    }, timeoutMs);
    let isLate = false;
    const opened = (error: Error | undefined, channel?: Duplex): void => {
      clearTimeout(timer);
      if (isLate) channel?.destroy();
      else if (channel) resolve(channel);
      else if (error && "reason" in error) {
        reject(
          wayRefused(place.label, place, `${jumpHost.label} (${jumpHost.host}:${jumpHost.port})`, error),
        );
      } else reject(lost(jumpHost.label, jumpHost, "before a way through it was open", error));
    };
    try {
      // Where we come from is for the jump host's log alone.
      client.forwardOut("127.0.0.1", 0, place.host, place.port, opened);
    } catch (error) {
      opened(error as Error);
    }
  });
}
