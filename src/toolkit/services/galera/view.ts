import { PORTS } from "../../../contract/ports.ts";
import type { Machine, Topology } from "../../topology/topology.ts";
import { votersIn } from "../../topology/voters.ts";

/** What the server's configuration says, as the template takes it. */
export function configView(topology: Topology, machine: Machine): Readonly<Record<string, string | number>> {
  const { bufferPoolBytes, flushLogAtTrxCommit, maxConnections } = topology.database;
  // The arbitrator too: a member that returns while the others are away finds the cluster by it.
  const members = votersIn(topology, "database").map(({ address }) => address);
  return {
    address: machine.address,
    nodeName: machine.name,
    clusterName: topology.cluster,
    clusterAddress: `gcomm://${members.join(",")}`,
    providerOptions: providerOptions(topology, machine),
    sstPort: PORTS.galeraSst,
    maxConnections,
    bufferPoolBytes,
    flushLogAtTrxCommit,
  };
}

/** Of a member, which besides the group's settings has an address to take what it missed. */
function providerOptions(topology: Topology, machine: Machine): string {
  const { "gmcast.listen_addr": listen, ...group } = groupOptions(topology, machine);
  return joined({
    "gmcast.listen_addr": listen,
    "ist.recv_addr": `${machine.address}:${PORTS.galeraIst}`,
    "ist.recv_bind": `${machine.address}:${PORTS.galeraIst}`,
    ...group,
  });
}

/** Of the arbitrator: just those that all of a group must have alike. */
export function arbitratorOptions(topology: Topology, machine: Machine): string {
  return joined(groupOptions(topology, machine));
}

/**
 * Galera's own settings (galera-cluster documentation, "Galera Parameters"). Everything listens on the machine's
 * own address. pc.recovery is the default, and said all the same: the return after a loss of power of all
 * members rests on it. A member must be asked several times before it is suspected.
 */
function groupOptions(topology: Topology, machine: Machine) {
  const { suspectTimeoutMs, inactiveTimeoutMs } = topology.database;
  return {
    "gmcast.listen_addr": `tcp://${machine.address}:${PORTS.galera}`,
    "pc.recovery": "true",
    "evs.keepalive_period": period(suspectTimeoutMs / 4),
    "evs.inactive_check_period": period(suspectTimeoutMs / 4),
    "evs.suspect_timeout": period(suspectTimeoutMs),
    "evs.inactive_timeout": period(inactiveTimeoutMs),
    // Half of that by default. A member that suspects the dead one later than the others must have the time to: seen in
    // the lab, each of two survivors gave the other up, and neither was primary any more.
    "evs.install_timeout": period(inactiveTimeoutMs),
  };
}

function joined(options: Readonly<Record<string, string>>): string {
  return Object.entries(options)
    .map(([name, value]) => `${name}=${value}`)
    .join(";");
}

/** A duration as ISO 8601 writes it, "PT0.5S". */
function period(ms: number): string {
  return `PT${ms / 1000}S`;
}
