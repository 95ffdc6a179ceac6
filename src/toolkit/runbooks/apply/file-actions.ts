import type { Bundle } from "../../bundle/bundle.ts";
import type { Service } from "../../services/service.ts";
import { act, script, type Command } from "../../steps/command.ts";
import type { Gate, Stage, Step } from "../../steps/step.ts";
import { machineNamed, type Topology } from "../../topology/topology.ts";
import type { FileChanges } from "./file-changes.ts";
import type { FileState } from "./file-state.ts";
import { actionsFor, DAEMON_RELOAD, needsDaemonReload, type PendingAction } from "./pending.ts";
import { PENDING } from "./places.ts";

/**
 * The stages after the swap: systemd reads its units again and services reload on all machines side by side;
 * restarts come one machine after the other, each proven by the service's probe before the next.
 */
export function actionStages(
  topology: Topology,
  services: readonly Service[],
  bundles: readonly Bundle[],
  changes: readonly FileChanges[],
  states: ReadonlyMap<string, FileState>,
): readonly Stage[] {
  const gentle: Step[] = [];
  const restarts: Stage[] = [];
  for (const change of changes) {
    const { machine } = change;
    const bundle = bundles.find((candidate) => candidate.machine === machine)!;
    const state = states.get(machine)!;
    const paths = [...change.write.map((file) => file.path), ...change.remove];
    if (needsDaemonReload(paths) || state.pending.includes(DAEMON_RELOAD)) {
      gentle.push({
        title: "let systemd read its units again",
        machine,
        commands: [settling(DAEMON_RELOAD, ["systemctl", "daemon-reload"])],
      });
    }
    for (const owed of owedActions(bundle, change, state)) {
      const step = actionStep(topology, services, machine, owed);
      if (owed.action.kind === "restart") restarts.push([step]);
      else gentle.push(step);
    }
  }
  return [gentle, ...restarts];
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
