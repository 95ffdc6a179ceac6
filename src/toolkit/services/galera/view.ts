import { PORTS } from "../../../contract/ports.ts";
import { machinesWith, type Machine, type Topology } from "../../topology/topology.ts";

/** What the server's configuration says, as the template takes it. */
export function configView(topology: Topology, machine: Machine): Readonly<Record<string, string | number>> {
  const { bufferPoolBytes, flushLogAtTrxCommit, maxConnections } = topology.database;
  const members = machinesWith(topology, "database").map(({ address }) => address);
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

/**
 * Galera's own settings (galera-cluster documentation, "Galera Parameters"). Everything listens on the machine's
 * own address. pc.recovery is the default, and said all the same: the return after a loss of power of all
 * members rests on it. A member must be asked several times before it is suspected.
 */
function providerOptions(topology: Topology, machine: Machine): string {
  const { suspectTimeoutMs, inactiveTimeoutMs } = topology.database;
  const options = {
    "gmcast.listen_addr": `tcp://${machine.address}:${PORTS.galera}`,
    "ist.recv_addr": `${machine.address}:${PORTS.galeraIst}`,
    "ist.recv_bind": `${machine.address}:${PORTS.galeraIst}`,
    "pc.recovery": "true",
    "evs.keepalive_period": period(suspectTimeoutMs / 4),
    "evs.inactive_check_period": period(suspectTimeoutMs / 4),
    "evs.suspect_timeout": period(suspectTimeoutMs),
    "evs.inactive_timeout": period(inactiveTimeoutMs),
    // Half of that by default. A member that suspects the dead one later than the others must have the time to: seen in
    // the lab, each of two survivors gave the other up, and neither was primary any more.
    "evs.install_timeout": period(inactiveTimeoutMs),
  };
  return Object.entries(options)
    .map(([name, value]) => `${name}=${value}`)
    .join(";");
}

/** A duration as ISO 8601 writes it, "PT0.5S". */
function period(ms: number): string {
  return `PT${ms / 1000}S`;
}
