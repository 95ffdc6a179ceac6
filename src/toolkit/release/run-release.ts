import { RELEASE } from "../../contract/release-layout.ts";
import { act, script, type Command } from "../steps/command.ts";
import type { Gate } from "../steps/step.ts";
import { waitFor } from "../steps/wait-for.ts";

/** A restart drains first: longer than the unit's TimeoutStopSec. */
const RESTART_TIMEOUT_MS = 180_000;
const READY_TIMEOUT_MS = 60_000;
const READY_INTERVAL_MS = 500;

/** A new link takes the old one's name in one step: at every instant there is a release. */
const SWITCH = `
ln -sfn "releases/$2" "$1/.current"
mv -T "$1/.current" "$1/current"`;

/** One that fails to start again and again takes the link's release by itself; what was stopped is not started. */
const RUN_AGAIN = `
running=$1 earlier=$2 unit=$3
shift 3
if [ "$(cat "$running" 2> /dev/null)" = "$earlier" ]; then exit 0; fi
systemctl try-restart "$unit"
case $(systemctl show --property=ActiveState --value "$unit") in inactive | failed) exit 0 ;; esac
"$@"`;

/** Lets the link `current` name a release that is on the machine. */
export function switchTo(id: string): Command {
  return act(script(SWITCH, [RELEASE.home, id]));
}

/** Restarts the mail node into the current release. */
export function restartNode(): Command {
  return act(["systemctl", "restart", RELEASE.unit], { timeoutMs: RESTART_TIMEOUT_MS });
}

/** @param probe asks the machine whether its node does its work */
export function worksAgain(probe: Command): Gate {
  return {
    title: "mailnode does its work",
    command: probe,
    timeoutMs: READY_TIMEOUT_MS,
    intervalMs: READY_INTERVAL_MS,
  };
}

/**
 * Gives a machine its earlier release back. A node that runs another one is restarted and proven, before the next machine
 * is taken back.
 */
export function giveBack(earlier: string, probe: Command): readonly Command[] {
  const proof = waitFor(worksAgain(probe));
  return [
    switchTo(earlier),
    act(script(RUN_AGAIN, [RELEASE.running, earlier, RELEASE.unit, ...proof.argv]), {
      timeoutMs: RESTART_TIMEOUT_MS + proof.timeoutMs!,
    }),
  ];
}
