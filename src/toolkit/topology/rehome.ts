import {
  contains,
  formatAddress,
  isHost,
  overlaps,
  parseAddress,
  parseCidr,
  type Cidr,
} from "../../support/ipv4.ts";
import type { Machine, Platform, Topology } from "./topology.ts";

export interface RehomeOptions {
  /** Where the cluster goes, "10.77.3.0/24". Its first host address is left to the gateway. */
  readonly cidr: string;
  /** Where accepted mail goes on to; moved with the rest when it was a machine of the described network. */
  readonly nextHop?: { readonly host: string; readonly port: number };
  /** Default: a local Docker engine. */
  readonly platform?: Platform;
}

const LOCAL_DOCKER: Platform = { kind: "docker", endpoint: "unix:///var/run/docker.sock" };

/**
 * The same cluster in another network, so that a trial of a description can never meet the machines it describes.
 *
 * Host numbers are kept where the new network has them free; the rest take the lowest free ones. Machines are reached
 * by SSH at their new address as root, the interface is found by address, and the public certificate is made by the
 * cluster's own CA. Throws RangeError when the new network has too few addresses.
 */
export function rehome(topology: Topology, options: RehomeOptions): Topology {
  const from = cidrOf(topology.network.cidr);
  const to = cidrOf(options.cidr);
  const { vip } = topology.network;
  const { nextHop } = topology.mail;
  const moved = moveAll(from, to, [...topology.machines.map(({ address }) => address), vip, nextHop.host]);
  const move = (address: string): string => moved.get(address) ?? address;
  return {
    ...topology,
    platform: options.platform ?? LOCAL_DOCKER,
    network: { cidr: options.cidr, vip: move(vip) },
    machines: topology.machines.map((machine) => moveMachine(machine, move(machine.address))),
    mail: {
      ...topology.mail,
      relayNetworks: [
        ...new Set(topology.mail.relayNetworks.map((network) => moveNetwork(network, from, to, moved))),
      ],
      nextHop: options.nextHop ?? { ...nextHop, host: move(nextHop.host) },
    },
    tls: { public: { kind: "lab" } },
  };
}

function moveMachine(machine: Machine, address: string): Machine {
  return { ...machine, address, ssh: { host: address, port: 22, user: "root" } };
}

/** New addresses for those that lie in `from`, by the old one: first who can keep a number, then the rest. */
function moveAll(from: Cidr, to: Cidr, texts: readonly string[]): ReadonlyMap<string, string> {
  const moved = new Map<string, string>();
  const taken = new Set([to.base + 1]);
  const inside = [...new Set(texts)].filter((text) => {
    const address = parseAddress(text);
    return address !== undefined && contains(from, address);
  });
  const take = (text: string, address: number): void => {
    taken.add(address);
    moved.set(text, formatAddress(address));
  };
  for (const text of inside) {
    const kept = to.base + parseAddress(text)! - from.base;
    if (isHost(to, kept) && !taken.has(kept)) take(text, kept);
  }
  let next = to.base + 2;
  for (const text of inside.filter((candidate) => !moved.has(candidate))) {
    while (taken.has(next)) next++;
    if (!isHost(to, next))
      throw new RangeError(
        `${formatAddress(to.base)}/${to.prefix} holds fewer than ${inside.length + 1} hosts`,
      );
    take(text, next);
  }
  return moved;
}

/**
 * A network that may relay. One address moves with its machine; any other part of the described network, and a
 * network around it, becomes the whole new one, as host numbers inside need not have kept their order.
 */
function moveNetwork(text: string, from: Cidr, to: Cidr, moved: ReadonlyMap<string, string>): string {
  const network = cidrOf(text);
  if (!overlaps(network, from)) return text;
  const machine = network.prefix === 32 ? moved.get(formatAddress(network.base)) : undefined;
  return machine === undefined ? `${formatAddress(to.base)}/${to.prefix}` : `${machine}/32`;
}

function cidrOf(text: string): Cidr {
  const cidr = parseCidr(text);
  if (!cidr) throw new RangeError(`${text} is no IPv4 network`);
  return cidr;
}
