import { LAN, type Profile } from "../../../../src/mailnode/membership/core/profile.ts";
import type { Address, MembershipEvent } from "../../../../src/mailnode/membership/core/types.ts";
import { Gossip, type GossipOptions } from "../../../../src/mailnode/membership/shell/gossip.ts";
import { KeyRing } from "../../../../src/mailnode/membership/shell/key-ring.ts";
import { SocketTransport } from "../../../../src/mailnode/membership/shell/socket-transport.ts";
import type { Receiver, Transport } from "../../../../src/mailnode/membership/shell/transport.ts";
import { systemEnv } from "../../../../src/mailnode/node/system-env.ts";
import { Secret } from "../../../../src/support/secret.ts";
import { quietLog } from "../../fixtures/quiet-log.ts";

/** A fifth of the LAN's times: quick, and slow enough for a busy machine. */
export const QUICK: Profile = {
  ...LAN,
  probeIntervalMs: 200,
  probeTimeoutMs: 100,
  gossipIntervalMs: 40,
  syncIntervalMs: 2_000,
  reconnectIntervalMs: 500,
};

/** A key that is the same for the same number. */
export function keyOf(number: number): Secret {
  return new Secret(Buffer.alloc(32, number).toString("base64"));
}

/** Incarnations that are kept in memory, over the restarts of one node. */
export class KeptIncarnations {
  next: number | undefined = 0;

  async read(): Promise<number | undefined> {
    return this.next;
  }

  async reserve(bound: number): Promise<void> {
    this.next = bound + 1;
  }
}

export interface TestNode {
  readonly gossip: Gossip;
  readonly events: MembershipEvent[];
  readonly keys: KeyRing;
}

/** A real node on loopback, with real sockets. */
export async function startNode(
  id: string,
  options: Partial<GossipOptions> & {
    readonly port?: number;
    readonly wrap?: (inner: Transport) => Transport;
  } = {},
): Promise<TestNode> {
  const keys = options.keys ?? new KeyRing(keyOf(1));
  const at: Address = { host: "127.0.0.1", port: options.port ?? 0 };
  const wrap = options.wrap ?? ((inner: Transport): Transport => inner);
  const gossip = await Gossip.start({
    id,
    cluster: "test",
    metadata: { name: id, roles: ["mail"], addresses: {}, loadPermille: 0 },
    profile: QUICK,
    incarnations: new KeptIncarnations(),
    openTransport: async (receiver: Receiver) => wrap(await SocketTransport.open(at, receiver)),
    env: systemEnv,
    log: quietLog,
    ...options,
    keys,
  });
  const events: MembershipEvent[] = [];
  gossip.listen((event) => events.push(event));
  return { gossip, events, keys };
}

/** How `watcher` sees a member. */
export function stateOf(watcher: Gossip, id: string): string | undefined {
  return watcher.members().find((member) => member.id === id)?.state;
}

/** Whether all of them see all of them alive. */
export function allMeet(nodes: readonly TestNode[]): boolean {
  const count = nodes.length;
  return nodes.every(
    ({ gossip }) => gossip.members().filter(({ state }) => state === "alive").length === count,
  );
}
