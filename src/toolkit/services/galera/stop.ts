import { act, script, type Command } from "../../steps/command.ts";
import { SERVER_UNIT } from "./names.ts";

/** The unit's own limit for a stop is 15 minutes, in which the buffer pool is written out. */
export const STOP_TIMEOUT_MS = 16 * 60_000;

/** A shell text: ends with exit code 1 where a server runs, the unit's or one that somebody started by hand. */
export const NO_SERVER = `
if pgrep -x "mariadbd|mysqld" >&2; then echo "a database server runs" >&2; exit 1; fi`;

/**
 * Stops the server.
 *
 * One that starts and has met others without a primary component waits for one and does not heed a stop (seen for ten
 * minutes). It has answered nobody and written nothing since it started, so it is killed after a while; also where
 * somebody has tried to stop it before, which leaves the unit "deactivating" and then "failed" while it lives on, as
 * systemd may not kill it. One that was in service since it started is never killed: it writes out its memory.
 */
export function stopServer(): Command {
  return act(script(STOP_SERVER, [SERVER_UNIT]), { timeoutMs: STOP_TIMEOUT_MS });
}

/**
 * $1 is the unit. Ends the shell.
 *
 * Of systemd's times the begin of the last start is InactiveExit: it starts nothing while processes of an earlier start
 * are left, as they may not be killed.
 */
export const STOP_SERVER = `
at() { systemctl show --property="$1TimestampMonotonic" --value "$2"; }
runs() {
  case $(systemctl is-active "$1") in
    inactive) return 1 ;;
    failed) pgrep -x "mariadbd|mysqld" >/dev/null ;;
  esac
}
if [ "$(at ActiveEnter "$1")" -lt "$(at InactiveExit "$1")" ]; then
  systemctl stop --no-block "$1"
  waits=20
  while runs "$1"; do
    if [ "$waits" -eq 0 ]; then systemctl kill --signal=KILL "$1"; systemctl stop "$1"; fi
    [ "$waits" -gt -20 ] || { echo "$1 was killed and does not end" >&2; exit 1; }
    waits=$((waits - 1))
    sleep 1
  done
  exit
fi
systemctl stop "$1"
waits=600
while runs "$1"; do
  [ "$waits" -gt 0 ] || { echo "$1 was in service and has not ended yet: it is not killed" >&2; exit 1; }
  waits=$((waits - 1))
  sleep 1
done`;
