import { act, ask, script, type Answer, type Command } from "../../steps/command.ts";
import { parseSavedView, type SavedView } from "../galera/saved-view.ts";
import { sections } from "../sections.ts";
import { ARBITRATOR_UNIT, WORK_DIRECTORY } from "./names.ts";

/** What is known of the arbitrator when members are to become a cluster. It has no data, and so no position. */
export interface Arbitrator {
  readonly machine: string;
  readonly isRunning: boolean;
  /** The last primary component as it saw it, which returns by itself only with the arbitrator in it. */
  readonly view?: SavedView;
}

/** Reads only. Answers with exit code 0 where there is no arbitrator too. */
export function observeArbitrator(): Command {
  return ask(script(OBSERVE, [ARBITRATOR_UNIT, WORK_DIRECTORY]));
}

const OBSERVE = `
echo @unit; systemctl is-active "$1" 2>/dev/null || true
echo @gvwstate; cat "$2/gvwstate.dat" 2>/dev/null || true`;

export function parseArbitrator(machine: string, { stdout }: Answer): Arbitrator {
  const part = sections(stdout);
  const view = parseSavedView(part("gvwstate"));
  return {
    machine,
    isRunning: ["active", "activating"].includes(part("unit").trim()),
    ...(view && { view }),
  };
}

/** Stops the arbitrator and lets it forget the component that it was in: it joins the next one as somebody new. */
export function stopArbitrator(): Command {
  return act(script(STOP, [ARBITRATOR_UNIT, WORK_DIRECTORY]), { timeoutMs: 150_000 });
}

const STOP = `
systemctl stop "$1"
rm -f "$2/gvwstate.dat"`;

/** Whether it is stopped, and would begin without a saved view. */
export function isArbitratorStopped(): Command {
  return ask(script(STOPPED, [ARBITRATOR_UNIT, WORK_DIRECTORY]));
}

const STOPPED = `
if systemctl is-active --quiet "$1"; then echo "$1 runs" >&2; exit 1; fi
[ ! -e "$2/gvwstate.dat" ] || { echo "its saved view is there" >&2; exit 1; }`;
