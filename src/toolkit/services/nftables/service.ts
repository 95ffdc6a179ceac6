import { PORTS } from "../../../contract/ports.ts";
import type { Machine } from "../../topology/topology.ts";
import type { Listener, Service } from "../service.ts";
import { nftablesFiles, UNIT } from "./files.ts";
import { firewallProbe, formFirewallPhase } from "./form-firewall.ts";

/**
 * The firewall of every machine, in a table of its own: tables of others, Docker's among them, are not touched.
 */
export const nftables: Service = {
  name: "nftables",
  runsOn: () => true,
  packages: () => ["nftables"],
  users: () => [],
  listens: (_topology, machine) => sshListeners(machine),
  secrets: () => [],
  files: nftablesFiles,
  units: () => [{ name: UNIT, state: "running", enabled: true }],
  probe: firewallProbe,
  form: ({ topology }) => [formFirewallPhase(topology)],
};

/*
 * Both, as the port that mbctl connects to may be forwarded to 22 on the way: a firewall must not lock out those
 * who would mend it. A port that only ~/.ssh/config names is not known here: the files of a machine must not depend on
 * who makes them. Apply looks where sshd listens and refuses first.
 */
function sshListeners(machine: Machine): readonly Listener[] {
  const ports = [...new Set([PORTS.ssh, machine.ssh.port ?? PORTS.ssh])];
  return ports.map((port) => ({ port, protocol: "tcp", on: "all", from: "anyone", program: "sshd" }));
}
