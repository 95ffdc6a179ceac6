import type { Bundle } from "../../bundle/bundle.ts";
import type { Service } from "../../services/service.ts";
import { act, script, type Command } from "../../steps/command.ts";
import type { Gate, Step } from "../../steps/step.ts";
import { machineNamed, type Topology } from "../../topology/topology.ts";
import type { FileChanges } from "./file-changes.ts";
import type { FileState } from "./file-state.ts";
import { actionsFor, DAEMON_RELOAD, needsDaemonReload, type PendingAction } from "./pending.ts";
import { PENDING } from "./places.ts";

/**
 * What one machine does after its files were swapped, in order: systemd reads its units again, services take their
 * files, and last come restarts; each is proven by the service's probe before the next.
 */
export function actionSteps(
  topology: Topology,
  services: readonly Service[],
  bundle: Bundle,
  change: FileChanges,
  state: FileState,
): readonly Step[] {
  const { machine } = change;
  const steps: Step[] = [];
  const paths = [...change.write.map((file) => file.path), ...change.remove];
  if (needsDaemonReload(paths) || state.pending.includes(DAEMON_RELOAD)) {
    steps.push({
      title: "let systemd read its units again",
      machine,
      commands: [settling(DAEMON_RELOAD, ["systemctl", "daemon-reload"])],
    });
  }
  const owed = owedActions(bundle, change, state);
  const isRestart = ({ action }: PendingAction): boolean => action.kind === "restart";
  for (const action of [...owed.filter((one) => !isRestart(one)), ...owed.filter(isRestart)])
    steps.push(actionStep(topology, services, machine, action));
  return steps;
}

/** Whether a service that works now is touched. */
export function disturbs(bundle: Bundle, change: FileChanges, state: FileState): boolean {
  return owedActions(bundle, change, state).some(({ action }) => action.kind !== "run");
}

/** The services that the machine restarts, those that run now. */
export function restarts(bundle: Bundle, change: FileChanges, state: FileState): ReadonlySet<string> {
  const owed = owedActions(bundle, change, state).filter(({ action }) => action.kind === "restart");
  return new Set(owed.map(({ service }) => service));
}

function owedActions(bundle: Bundle, change: FileChanges, state: FileState): readonly PendingAction[] {
  const now = new Set(actionsFor(change.write).map(({ id }) => id));
  return actionsFor(bundle.files)
    .filter(({ id }) => now.has(id) || state.pending.includes(id))
    .filter(({ action }) => action.kind === "run" || state.activeUnits.has(action.unit));
}

function actionStep(
  topology: Topology,
  services: readonly Service[],
  machine: string,
  { id, action, service }: PendingAction,
): Step {
  if (action.kind === "run") {
    const settle = act(script('rm -f -- "$1"', [`${PENDING}/${id}`]));
    return { title: `make ${service} take its files`, machine, commands: [action.command, settle] };
  }
  const verb = action.kind === "reload" ? "reload-or-restart" : "restart";
  const probe = services
    .find((candidate) => candidate.name === service)!
    .probe(topology, machineNamed(topology, machine));
  const verify: Gate = {
    title: `${service} does its work`,
    command: probe,
    timeoutMs: 180_000,
    intervalMs: 1000,
  };
  return {
    title: `${action.kind} ${action.unit}`,
    machine,
    commands: [settling(id, ["systemctl", verb, action.unit])],
    verify,
  };
}

/** Runs the command and then forgets that it was owed, in one shell: nothing can come between. */
function settling(id: string, argv: readonly string[]): Command {
  return act(script('owed=$1\nshift\n"$@"\nrm -f -- "$owed"', [`${PENDING}/${id}`, ...argv]), {
    timeoutMs: 15 * 60_000,
  });
}
