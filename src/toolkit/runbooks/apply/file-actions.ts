import type { Bundle } from "../../bundle/bundle.ts";
import { doesItsWork } from "../../services/does-its-work.ts";
import type { Service } from "../../services/service.ts";
import { act, script, type Command } from "../../steps/command.ts";
import type { Gate, Step } from "../../steps/step.ts";
import { machineNamed, type Topology } from "../../topology/topology.ts";
import type { FileChanges } from "./file-changes.ts";
import type { FileState } from "./file-state.ts";
import { actionsFor, DAEMON_RELOAD, needsDaemonReload, settledBy, type PendingAction } from "./pending.ts";
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
      commands: [settling([DAEMON_RELOAD], ["systemctl", "daemon-reload"])],
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
  return actionsFor(
    bundle.files,
    ({ id, action }) =>
      (now.has(id) || state.pending.includes(id)) &&
      (action.kind === "run" || state.activeUnits.has(action.unit)),
  );
}

function actionStep(
  topology: Topology,
  services: readonly Service[],
  machine: string,
  pending: PendingAction,
): Step {
  const { id, action, service } = pending;
  if (action.kind === "run") {
    const settle = act(script('rm -f -- "$1"', [`${PENDING}/${id}`]));
    return { title: `make ${service} take its files`, machine, commands: [action.command, settle] };
  }
  const verb = action.kind === "reload" ? "reload-or-restart" : "restart";
  return {
    title: `${action.kind} ${action.unit}`,
    machine,
    commands: [settling(settledBy(pending), ["systemctl", verb, action.unit])],
    verify: worksWithItsFiles(
      topology,
      services.find((candidate) => candidate.name === service)!,
      machine,
    ),
  };
}

/** What a service must answer after it took its files. */
export function worksWithItsFiles(topology: Topology, service: Service, machine: string): Gate {
  return doesItsWork(topology, service, machineNamed(topology, machine), 180_000);
}

/** Runs the command and then forgets that it was owed, in one shell: nothing can come between. */
function settling(ids: readonly string[], argv: readonly string[]): Command {
  return act(script(SETTLE, [PENDING, ids.join(" "), ...argv]), { timeoutMs: 15 * 60_000 });
}

const SETTLE = `
pending=$1 ids=$2
shift 2
"$@"
for id in $ids; do rm -f -- "$pending/$id"; done`;
