import { act, script, type Command } from "../../steps/command.ts";
import { SERVER_UNIT } from "./names.ts";

/** The unit's own limit for a stop is 15 minutes, in which the buffer pool is written out. */
export const STOP_TIMEOUT_MS = 16 * 60_000;

/**
 * Stops the server.
 *
 * One that starts and has met others without a primary component waits for one and does not heed a stop (seen for ten
 * minutes). It has answered nobody and written nothing since it started, so it is killed after a while. One that has
 * started is never killed.
 */
export function stopServer(): Command {
  return act(script(STOP_SERVER, [SERVER_UNIT]), { timeoutMs: STOP_TIMEOUT_MS });
}

/** $1 is the unit. Ends the shell. */
export const STOP_SERVER = `
if [ "$(systemctl is-active "$1")" != activating ]; then systemctl stop "$1"; exit; fi
systemctl stop --no-block "$1"
waits=20
while case $(systemctl is-active "$1") in inactive | failed) false ;; esac; do
  if [ "$waits" -eq 0 ]; then systemctl kill --signal=KILL "$1"; systemctl stop "$1"; exit; fi
  waits=$((waits - 1))
  sleep 1
done`;
