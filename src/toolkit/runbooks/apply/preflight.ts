import { PORTS } from "../../../contract/ports.ts";
import { FaultsError, type Fault } from "../../../support/errors.ts";
import { inAny } from "../../../support/ipv4.ts";
import { UNIT as KEEPALIVED } from "../../services/keepalived/files.ts";
import type { Listener, Service } from "../../services/service.ts";
import { machinesWith, type Machine, type Topology } from "../../topology/topology.ts";
import { departedUnits } from "./departures.ts";
import type { Facts, ListeningSocket } from "./facts.ts";

/**
 * Refuses before anything is changed: an address that the machine does not bear, a port that a program holds
 * which is not ours, a role that a machine cannot be rid of so, a value that its services live with. Throws PREFLIGHT_FAILED with every fault of every machine.
 */
export function preflight(
  topology: Topology,
  machines: readonly Machine[],
  services: readonly Service[],
  facts: ReadonlyMap<string, Facts>,
): void {
  const faults = machines.flatMap((machine) => {
    const own = facts.get(machine.name)!;
    return [
      ...addressFaults(topology, machine, own),
      ...portFaults(topology, services, machine, own),
      ...lockoutFaults(machine, own),
      ...memberFaults(topology, services, machine, own),
      ...holderFaults(topology, services, machine, facts),
      ...fixedFaults(topology, services, machine, own),
    ];
  });
  if (faults.length > 0) throw new FaultsError("PREFLIGHT_FAILED", `the cluster ${topology.cluster}`, faults);
}

function addressFaults(topology: Topology, machine: Machine, facts: Facts): readonly Fault[] {
  const path = `machines.${machine.name}.address`;
  if (!facts.interfaces.has(machine.address)) {
    const near = [...facts.interfaces.keys()].filter((address) => inAny([topology.network.cidr], address));
    const bears = near.length > 0 ? `it bears ${near.join(", ")}` : "it bears none of that network";
    return [
      {
        path,
        value: machine.address,
        rule: `is not an address of the machine; ${bears}`,
        remedy: "mend the description or the machine's network",
      },
    ];
  }
  const { interface: wanted } = topology.network;
  const found = facts.interfaces.get(machine.address);
  if (wanted === undefined || wanted === found) return [];
  return [
    {
      path: "network.interface",
      value: wanted,
      rule: `is not the interface that carries ${machine.address} on ${machine.name}: that is ${found}`,
      remedy: "mend it, or leave it out and it is found by address",
    },
  ];
}

function portFaults(
  topology: Topology,
  services: readonly Service[],
  machine: Machine,
  facts: Facts,
): readonly Fault[] {
  return services
    .filter((service) => service.runsOn(topology, machine))
    .flatMap((service) => service.listens(topology, machine).map((listener) => ({ service, listener })))
    .filter(({ listener }) => listener.port !== (machine.ssh.port ?? PORTS.ssh))
    .flatMap(({ service, listener }) =>
      facts.listening
        .filter((socket) => isSamePlace(topology, machine, listener, socket))
        .filter((socket) => !isOwn(topology, machine, service, listener, socket, facts))
        .map((socket) => ({
          path: `machines.${machine.name}`,
          value: `${socket.address}:${socket.port}`,
          rule: `is held by the program ${socket.programs.join(", ") || "(unknown)"}, where ${service.name} is to listen`,
          remedy: `stop and remove that program on ${machine.name}, or give the role to another machine`,
        })),
    );
}

/**
 * The firewall keeps open 22 and the port that the description names. Where only ~/.ssh/config knows another one, on
 * which sshd listens alone, it would lock out those who would mend it.
 */
function lockoutFaults(machine: Machine, { listening }: Facts): readonly Fault[] {
  const open = [PORTS.ssh, machine.ssh.port];
  // On loopback it listens for what a login forwards.
  const ports = listening
    .filter(({ programs, address }) => programs.includes("sshd") && !/^(127\.|::1$)/.test(address))
    .map(({ port }) => port);
  if (ports.length === 0 || ports.some((port) => open.includes(port))) return [];
  return [
    {
      path: `machines.${machine.name}.ssh.port`,
      ...(machine.ssh.port !== undefined && { value: machine.ssh.port }),
      rule: `is not where sshd listens on ${machine.name}: that is ${[...new Set(ports)].join(", ")}, which the firewall would close`,
      remedy: `write ssh.port: ${ports[0]}, for all machines or for this one`,
    },
  ];
}

/** Stopped by an apply it would still be counted by the others, and they could lose their majority with the next one. */
function memberFaults(
  topology: Topology,
  services: readonly Service[],
  machine: Machine,
  { startedUnits }: Facts,
): readonly Fault[] {
  const units = departedUnits(topology, services, machine)
    .filter(({ by, unit }) => by === "refusal" && startedUnits.has(unit))
    .map(({ unit }) => unit);
  if (units.length === 0) return [];
  return [
    {
      path: `machines.${machine.name}.roles`,
      value: machine.roles.join(", "),
      rule: `would leave ${units.join(", ")} running without files, behind a closed firewall, and the others count on what runs there`,
      remedy: `write the earlier roles back: a member leaves with its whole machine (mbctl remove machine ${machine.name}), which comes back made anew with other roles (mbctl add machine ${machine.name})`,
    },
  ];
}

/** A balancer that bears the VIP hands it over before it stops, so another one must be there. One not asked is taken to be. */
function holderFaults(
  topology: Topology,
  services: readonly Service[],
  machine: Machine,
  facts: ReadonlyMap<string, Facts>,
): readonly Fault[] {
  const { interfaces, startedUnits } = facts.get(machine.name)!;
  const leaves = departedUnits(topology, services, machine).some(
    ({ unit }) => unit === KEEPALIVED && startedUnits.has(unit),
  );
  if (!leaves || !interfaces.has(topology.network.vip)) return [];
  const next = machinesWith(topology, "balancer").some(
    ({ name }) => facts.get(name)?.startedUnits.has(KEEPALIVED) ?? true,
  );
  if (next) return [];
  return [
    {
      path: `machines.${machine.name}.roles`,
      value: machine.roles.join(", "),
      rule: `would stop the balancer that bears ${topology.network.vip}, and no other one runs yet`,
      remedy: `let ${machine.name} keep the role balancer until mbctl apply has started another balancer`,
    },
  ];
}

function fixedFaults(
  topology: Topology,
  services: readonly Service[],
  machine: Machine,
  { fixed }: Facts,
): readonly Fault[] {
  return services
    .filter((service) => service.runsOn(topology, machine))
    .flatMap((service) => service.fixed?.(topology) ?? [])
    .flatMap(({ path, value, rule, remedy }) => {
      const found = fixed.get(path);
      if (found === undefined || found === value) return [];
      return [{ path, value, rule: `is ${found} on ${machine.name}, and ${rule}`, remedy }];
    });
}

function isSamePlace(
  topology: Topology,
  machine: Machine,
  listener: Listener,
  socket: ListeningSocket,
): boolean {
  if (socket.protocol !== listener.protocol) return false;
  if (socket.port < listener.port || socket.port > (listener.lastPort ?? listener.port)) return false;
  if (listener.on === "all" || WILDCARDS.includes(socket.address)) return true;
  return (
    socket.address ===
    { machine: machine.address, vip: topology.network.vip, loopback: "127.0.0.1" }[listener.on]
  );
}

/** Put there by an earlier apply. Where the kernel does not say who holds the socket, our unit does, unless it is stopped. */
function isOwn(
  topology: Topology,
  machine: Machine,
  service: Service,
  listener: Listener,
  socket: ListeningSocket,
  facts: Facts,
): boolean {
  if (socket.programs.length > 0) return socket.programs.includes(listener.program);
  return service
    .units(topology, machine)
    .some((unit) => unit.state === "running" && facts.startedUnits.has(unit.name));
}

const WILDCARDS: readonly string[] = ["*", "0.0.0.0", "::"];
