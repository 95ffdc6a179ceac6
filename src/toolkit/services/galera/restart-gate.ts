import { ask, script } from "../../steps/command.ts";
import type { Gate } from "../../steps/step.ts";
import { COPY_MARK } from "./names.ts";

/**
 * A shell function: whether the server runs and has the mark of a copy of all data to it that has not ended. Also where the server is in
 * service and the mark is an old one: at its next start it would take its data for half of a copy. Of a server that does
 * not run the mark says nothing: its next start begins a new copy.
 */
export const COPYING_SHELL = `
server_state() {
  case $(systemctl show --property=SubState --value mariadb.service 2>/dev/null) in
    auto-restart) echo failed ;; # Between two tries to start, nothing runs.
    *) systemctl is-active mariadb.service 2>/dev/null || true ;;
  esac
}
is_copied_to() {
  case $(server_state) in active | activating | reloading | deactivating) [ -e "$1" ] ;; *) false ;; esac
}`;

/**
 * What must hold on every member before one of them is restarted. A donor that stops takes the joiner down with it, and a
 * donor or a joiner is not in service, so that the others are needed. A member that is down, or cut off from the others,
 * passes: a restart with mended files may be what brings it back.
 */
export function restartGate(): Gate {
  return {
    title: "the member neither gives nor takes a copy of the data",
    command: ask(script(MAY_RESTART, [COPY_MARK]), { timeoutMs: 15_000 }),
    // Time enough for a whole copy.
    timeoutMs: 15 * 60_000,
    intervalMs: 1000,
  };
}

const MAY_RESTART = `${COPYING_SHELL}
refuse() { echo "$1" >&2; exit 1; }
if is_copied_to "$1"; then
  refuse "$1 is there: a copy of the data to this member has begun and not ended; where no copy runs (pgrep -a rsync), remove the file"
fi
state=$(mariadb --connect-timeout=5 --batch --skip-column-names \\
  --execute="SHOW GLOBAL STATUS LIKE 'wsrep_local_state_comment'" 2>/dev/null | cut -f 2)
case $state in
  Donor*) refuse "the member gives a copy of the data to another one: $state" ;;
  Join*) refuse "the member takes what it missed: $state" ;;
  '') if [ "$(server_state)" = activating ]; then refuse "the server is starting"; fi ;;
esac`;
