import { PORTS } from "../../../contract/ports.ts";
import { STATUS_EXIT } from "../../../contract/node-status.ts";
import { ask, script } from "../../steps/command.ts";
import type { Topology } from "../../topology/topology.ts";
import { isWitnessIn, voterRoles, votersIn, votesIn } from "../../topology/voters.ts";
import { AUTHORITY_SECRET, publicCertificate } from "../public-certificate.ts";
import type { Listener, SecretRequest, Service } from "../service.ts";
import { mailNodeFiles } from "./files.ts";
import { formMailClusterPhase } from "./form-cluster.ts";
import { hearMailNodesPhase } from "./hear-phase.ts";
import { GOSSIP_SECRET, PATHS, PROGRAM, UNIT, USER, machineSecret } from "./names.ts";

/** The mail nodes, and a witness that votes among them: they take mail from the balancers, keep it and relay it. Their program comes with the release. */
export const mailnode: Service = {
  name: "mailnode",
  runsOn: (topology, machine) => votesIn(topology, machine, "mail"),
  packages: () => ["openssl"],
  users: () => [USER],
  listens: (topology, machine) => {
    const voters = voterRoles(topology, "mail");
    const between: readonly Listener[] = [
      { ...listener(PORTS.gossip, voters), protocol: "udp" },
      listener(PORTS.gossip, voters),
      listener(PORTS.raft, voters),
    ];
    // Its console is asked by the program on the same machine.
    if (isWitnessIn(topology, machine, "mail")) return [listener(PORTS.console, "self"), ...between];
    return [
      ...[PORTS.smtp, PORTS.submission, PORTS.submissions, PORTS.console].map((port) =>
        listener(port, ["balancer"]),
      ),
      ...between,
      listener(PORTS.agentCheck, ["balancer"]),
    ];
  },
  secrets,
  files: mailNodeFiles,
  units: () => [{ name: UNIT, state: "running", enabled: true }],
  probe: (topology, machine) =>
    isWitnessIn(topology, machine, "mail")
      ? ask([PATHS.program, "status"], { timeoutMs: 30_000 })
      : ask(script(PROBE, [PATHS.program, String(STATUS_EXIT.drained)]), { timeoutMs: 30_000 }),
  form: ({ topology }) => [hearMailNodesPhase(topology), formMailClusterPhase(topology)],
  departure: { file: PATHS.config, by: "refusal" },
};

/*
 * Not its health: that database or cache are down is no reason to keep a node from taking mail. A node that somebody
 * drained does what it was told to.
 */
const PROBE = `"$1" status --ready || [ $? -eq "$2" ]`;

function listener(port: number, from: Listener["from"]): Listener {
  return { port, protocol: "tcp", on: "machine", from, program: PROGRAM };
}

function secrets(topology: Topology): readonly SecretRequest[] {
  const machines = votersIn(topology, "mail").map(({ name, address }): SecretRequest => ({
    kind: "certificate",
    name: machineSecret(name),
    authority: AUTHORITY_SECRET,
    commonName: name,
    names: [name],
    addresses: [address],
  }));
  return [
    { kind: "authority", name: AUTHORITY_SECRET },
    ...machines,
    publicCertificate(topology),
    { kind: "key", name: GOSSIP_SECRET, bytes: 32 },
  ];
}
