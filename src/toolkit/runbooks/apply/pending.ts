import { shortHash } from "../../../support/hash.ts";
import type { BundleFile } from "../../bundle/bundle.ts";
import type { Action } from "../../services/service.ts";

/**
 * An action that a changed file asks for, under a name that survives on the machine: were apply to die between
 * the swap of a file and the restart of its service, the next one would find the file in place and not restart.
 */
export interface PendingAction {
  /** A file name: "restart@haproxy.service". */
  readonly id: string;
  readonly service: string;
  readonly action: Exclude<Action, { readonly kind: "none" }>;
}

export const DAEMON_RELOAD = "daemon-reload@systemd";

/**
 * The actions that these files ask for, each once, and of them those that are owed. An owed restart makes a reload of the
 * same unit needless.
 */
export function actionsFor(
  files: readonly BundleFile[],
  isOwed: (action: PendingAction) => boolean = () => true,
): readonly PendingAction[] {
  const owed = new Map<string, PendingAction>();
  for (const { action, service } of files) {
    if (action.kind === "none") continue;
    const pending = { id: idOf(action), service, action };
    if (isOwed(pending)) owed.set(pending.id, pending);
  }
  return [...owed.values()].filter(
    ({ action }) => action.kind !== "reload" || !owed.has(`restart@${action.unit}`),
  );
}

/** The names under which an action may be owed that are settled when it is done. */
export function settledBy({ id, action }: PendingAction): readonly string[] {
  return action.kind === "restart" ? [id, `reload@${action.unit}`] : [id];
}

/** Whether systemd must read its unit files again. */
export function needsDaemonReload(paths: readonly string[]): boolean {
  return paths.some((path) => path.startsWith("/etc/systemd/system/"));
}

function idOf(action: PendingAction["action"]): string {
  return action.kind === "run"
    ? `run@${shortHash(JSON.stringify(action.command.argv))}`
    : `${action.kind}@${action.unit}`;
}
