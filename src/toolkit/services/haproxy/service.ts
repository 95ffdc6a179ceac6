import { PORTS } from "../../../contract/ports.ts";
import { ask } from "../../steps/command.ts";
import type { Topology } from "../../topology/topology.ts";
import type { Listener, SecretRequest, Service } from "../service.ts";
import { haproxyFiles } from "./files.ts";
import { ALIVE_URI, UNIT } from "./paths.ts";

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
  probe: (_topology, machine) => ask(aliveArgv(machine.address)),
  form: () => [],
};

/**
 * Asks the HAProxy at `address`, over its statistics port, whether it accepts and answers. Exit code 0 when it
 * does. A process that hangs still answers signals, but not this.
 */
export function aliveArgv(address: string): readonly string[] {
  const url = `http://${address}:${PORTS.haproxyStats}${ALIVE_URI}`;
  return ["/usr/bin/curl", "--silent", "--fail", "--output", "/dev/null", "--max-time", "1", url];
}

function listens(): readonly Listener[] {
  const program = "haproxy";
  const vip = (port: number, from: Listener["from"]): Listener => ({ port, protocol: "tcp", on: "vip", from, program });
  const own = (port: number, from: Listener["from"]): Listener => ({ port, protocol: "tcp", on: "machine", from, program });
  return [
    vip(PORTS.smtp, "anyone"),
    vip(PORTS.submissions, "anyone"),
    vip(PORTS.submission, "anyone"),
    vip(PORTS.console, "anyone"),
    vip(PORTS.database, ["mail"]),
    vip(PORTS.cache, ["mail"]),
    own(PORTS.haproxyStats, "self"),
    own(PORTS.haproxyMetrics, "self"),
    own(PORTS.haproxyPeers, ["balancer"]),
  ];
}

function secrets(topology: Topology): readonly SecretRequest[] {
  return [
    { kind: "authority", name: "pki/authority" },
    { kind: "password", name: "balancer/stats-password", length: 32 },
    publicCertificate(topology),
  ];
}

function publicCertificate(topology: Topology): SecretRequest {
  const { mail, network, tls } = topology;
  if (tls.public.kind === "files") {
    const { certificateFile, keyFile } = tls.public;
    return { kind: "files", name: "tls/public", certificateFile, keyFile };
  }
  return {
    kind: "certificate",
    name: "tls/public",
    authority: "pki/authority",
    commonName: mail.hostname,
    names: [mail.hostname],
    addresses: [network.vip],
  };
}
