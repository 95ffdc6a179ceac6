import type { Machine, Role, Topology } from "../../topology/topology.ts";
import type { Listener } from "../service.ts";

/** One port, or range, that the firewall opens: matches in nftables' language. */
export interface Opening {
  /** Source and destination, "" for any; "ip daddr 10.0.0.1 ip saddr { 10.0.0.2 } ". */
  readonly addresses: string;
  readonly protocol: "tcp" | "udp";
  /** "25" or "49152-49171". */
  readonly ports: string;
  /** What listens there. */
  readonly program: string;
}

/**
 * What must be open on a machine, from what its services listen on, in the order of the ports.
 *
 * Nothing is opened for a listener on loopback or for the machine itself: traffic of a machine with itself goes
 * over the loopback interface, which is open. The same holds for one whose only users are on the machine.
 */
export function openings(
  topology: Topology,
  machine: Machine,
  listeners: readonly Listener[],
): readonly Opening[] {
  const found = listeners.flatMap((listener) => opening(topology, machine, listener));
  const distinct = new Map(found.map((each) => [JSON.stringify(each), each]));
  return [...distinct.values()].sort((a, b) => Number.parseInt(a.ports) - Number.parseInt(b.ports));
}

function opening(topology: Topology, machine: Machine, listener: Listener): readonly Opening[] {
  const { on, from, port, lastPort, protocol, program } = listener;
  if (on === "loopback" || from === "self") return [];
  const source = from === "anyone" ? "" : sourceMatch(topology, machine, from);
  if (source === undefined) return [];
  const ports = lastPort === undefined ? `${port}` : `${port}-${lastPort}`;
  return [{ addresses: destinationMatch(topology, machine, on) + source, protocol, ports, program }];
}

/** What binds one address is open on that one: a machine that holds the VIP does not offer its own services on it. */
function destinationMatch(topology: Topology, machine: Machine, on: "machine" | "vip" | "all"): string {
  if (on === "all") return "";
  return `ip daddr ${on === "vip" ? topology.network.vip : machine.address} `;
}

/** The other machines that hold one of the roles; undefined when there is none. */
function sourceMatch(topology: Topology, machine: Machine, roles: readonly Role[]): string | undefined {
  const addresses = topology.machines
    .filter((other) => other.name !== machine.name && other.roles.some((role) => roles.includes(role)))
    .map(({ address }) => address);
  return addresses.length === 0 ? undefined : `ip saddr { ${addresses.join(", ")} } `;
}
