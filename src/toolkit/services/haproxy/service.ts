import { PORTS } from "../../../contract/ports.ts";
import { ask } from "../../steps/command.ts";
import type { Role, Topology } from "../../topology/topology.ts";
import { machinesWith } from "../../topology/topology.ts";
import { AUTHORITY_SECRET, publicCertificate } from "../public-certificate.ts";
import type { Listener, SecretRequest, Service } from "../service.ts";
import { haproxyFiles } from "./files.ts";
import { forgetDrainsPhase } from "./forget-drains.ts";
import { ALIVE_URI, PATHS, UNIT } from "./paths.ts";

/** The balancers: they bind the VIP's ports and send each session to a node that can serve it. */
export const haproxy: Service = {
  name: "haproxy",
  runsOn: (_topology, machine) => machine.roles.includes("balancer"),
  packages: () => ["haproxy", "socat", "curl", "openssl"],
  users: () => [],
  listens,
  secrets,
  files: haproxyFiles,
  units: () => [{ name: UNIT, state: "running", enabled: true }],
  probe: (_topology, machine) => ask([...aliveArgv(machine.address), "--show-error"]),
  form: ({ topology }) => [forgetDrainsPhase(topology)],
  departure: { file: PATHS.config, by: "stop" },
};

/**
 * Asks the HAProxy at `address`, over its statistics port, whether it accepts and answers. Exit code 0 when it
 * does. A process that hangs still answers signals, but not this.
 */
export function aliveArgv(address: string): readonly string[] {
  const url = `http://${address}:${PORTS.haproxyStats}${ALIVE_URI}`;
  return ["/usr/bin/curl", "--silent", "--fail", "--output", "/dev/null", "--max-time", "1", url];
}

function listens(topology: Topology): readonly Listener[] {
  const exists = (role: Role): boolean => machinesWith(topology, role).length > 0;
  return [
    on("vip", PORTS.smtp, "anyone"),
    on("vip", PORTS.submissions, "anyone"),
    on("vip", PORTS.submission, "anyone"),
    on("vip", PORTS.console, "anyone"),
    ...(exists("database") ? [on("vip", PORTS.database, ["mail"])] : []),
    ...(exists("cache") ? [on("vip", PORTS.cache, ["mail"])] : []),
    on("machine", PORTS.haproxyStats, "self"),
    on("machine", PORTS.haproxyMetrics, "self"),
    on("machine", PORTS.haproxyPeers, ["balancer"]),
  ];
}

function on(where: Listener["on"], port: number, from: Listener["from"]): Listener {
  return { port, protocol: "tcp", on: where, from, program: "haproxy" };
}

function secrets(topology: Topology): readonly SecretRequest[] {
  return [
    { kind: "authority", name: AUTHORITY_SECRET },
    { kind: "password", name: "balancer/stats-password", length: 32 },
    publicCertificate(topology),
  ];
}
