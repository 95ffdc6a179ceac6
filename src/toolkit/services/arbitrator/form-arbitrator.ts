import { act } from "../../steps/command.ts";
import type { Phase } from "../../steps/phase.ts";
import type { Gate, Step } from "../../steps/step.ts";
import type { Topology } from "../../topology/topology.ts";
import { witnessOf } from "../../topology/voters.ts";
import { ARBITRATOR_UNIT } from "./names.ts";
import { isArbitratorStopped, stopArbitrator } from "./observe.ts";
import { arbitratorProbe } from "./probe.ts";

/** Lets the arbitrator join the database's cluster, which is there by then; it never begins one. */
export function formArbitratorPhase(topology: Topology): Phase {
  const witness = witnessOf(topology, "database");
  return {
    title: "let the arbitrator join the database cluster",
    machines: witness ? [witness.name] : [],
    observe: arbitratorProbe,
    decide: (answers) => {
      const waiting = [...answers]
        .filter(([, { code }]) => code !== 0)
        .map(([name]) => startArbitrator(name));
      return waiting.length > 0 ? [waiting] : [];
    },
  };
}

/** It may not look for those of a component that is given up while another one begins. */
export function keepArbitratorOut(machine: string): Step {
  return {
    title: "stop the arbitrator until there is a cluster that it can join",
    machine,
    unless: isArbitratorStopped(),
    commands: [stopArbitrator()],
    verify: { title: "it is stopped", command: isArbitratorStopped(), timeoutMs: 30_000, intervalMs: 500 },
  };
}

export function startArbitrator(machine: string): Step {
  return {
    title: "start the arbitrator",
    machine,
    commands: [act(["systemctl", "start", ARBITRATOR_UNIT])],
    verify: votes(),
  };
}

/** One that finds no primary component gives up after 30 seconds and tries again 5 seconds later. */
function votes(): Gate {
  return {
    title: "the arbitrator votes in the database cluster",
    command: arbitratorProbe(),
    timeoutMs: 3 * 60_000,
    intervalMs: 1000,
  };
}
