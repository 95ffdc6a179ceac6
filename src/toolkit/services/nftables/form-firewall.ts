import { act, ask, type Command } from "../../steps/command.ts";
import type { Phase } from "../../steps/phase.ts";
import type { Topology } from "../../topology/topology.ts";
import { TABLE, UNIT } from "./files.ts";

export function firewallProbe(): Command {
  return ask(["nft", "list", "chain", ...TABLE, "input"]);
}

/** Loads the rules where the unit is up and the table is gone: somebody flushed all tables by hand. */
export function formFirewallPhase(topology: Topology): Phase {
  const command = firewallProbe();
  return {
    title: "load the firewall",
    machines: topology.machines.map(({ name }) => name),
    observe: () => command,
    decide: (answers) => {
      const missing = [...answers].filter(([, answer]) => answer.code !== 0).map(([machine]) => machine);
      const steps = missing.map((machine) => ({
        title: "load the firewall",
        machine,
        commands: [act(["systemctl", "reload-or-restart", UNIT])],
        verify: { title: "the firewall is loaded", command, timeoutMs: 30_000, intervalMs: 1000 },
      }));
      return steps.length > 0 ? [steps] : [];
    },
  };
}
