import { RELEASE } from "../../contract/release-layout.ts";
import { act, type Command } from "../steps/command.ts";
import type { Phase } from "../steps/phase.ts";
import type { Step } from "../steps/step.ts";
import { lookAtMachine, stateOf } from "./machine-state.ts";

/** A restart drains first: longer than the unit's TimeoutStopSec. */
const RESTART_TIMEOUT_MS = 180_000;
const READY_TIMEOUT_MS = 60_000;
const READY_INTERVAL_MS = 500;

/**
 * Restarts the mail nodes that run another release than the current one, one machine after the other, each
 * until it does its work again. Comes after the files, which may have restarted some of them already.
 *
 * @param probe asks a machine whether its node does its work
 */
export function releaseRestartPhase(machines: readonly string[], probe: (machine: string) => Command): Phase {
  return {
    title: "run the mail node's current release",
    machines,
    observe: () => lookAtMachine,
    decide: (answers) =>
      [...answers]
        .map(([machine, answer]) => ({ machine, state: stateOf(machine, answer) }))
        .filter(({ state }) => state.running !== undefined && state.running !== state.current)
        .map(({ machine }) => [restart(machine, probe(machine))]),
  };
}

function restart(machine: string, probe: Command): Step {
  return {
    title: "restart the mail node",
    machine,
    commands: [act(["systemctl", "restart", RELEASE.unit], { timeoutMs: RESTART_TIMEOUT_MS })],
    verify: {
      title: "mailnode does its work",
      command: probe,
      timeoutMs: READY_TIMEOUT_MS,
      intervalMs: READY_INTERVAL_MS,
    },
  };
}
