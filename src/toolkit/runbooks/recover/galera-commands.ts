import { LEFT_OUT_FILE, POSITION_FILE, SERVER_UNIT } from "../../services/galera/names.ts";
import { restartGate } from "../../services/galera/restart-gate.ts";
import { NO_SERVER, STOP_SERVER, STOP_TIMEOUT_MS } from "../../services/galera/stop.ts";
import { act, ask, script, type Command } from "../../steps/command.ts";
import type { Gate, Stage } from "../../steps/step.ts";

/**
 * Stops the server, unless it has become a part of a primary component since it was looked at: then nothing needs
 * a recovery any more, and a stop would be an outage.
 */
export function stopMember(): Command {
  return act(script(`${NOT_PRIMARY}${STOP_SERVER}`, [SERVER_UNIT]), { timeoutMs: STOP_TIMEOUT_MS });
}

const NOT_PRIMARY = `
status=$(mariadb --connect-timeout=2 --batch --skip-column-names --execute="
  SHOW GLOBAL STATUS WHERE Variable_name = 'wsrep_cluster_status'" 2>/dev/null) || true
case $status in
  *non-Primary*) ;;
  *Primary*) echo "the member is in a primary component now: look again before anything is stopped" >&2; exit 1 ;;
esac`;

/**
 * Takes away what would make the next start begin a cluster: the file of a galera_new_cluster that was killed, and
 * the variable that earlier versions of it leave with systemd.
 */
export function clearMarks(): Command {
  return act(script(CLEAR));
}

/** The same, and the flag in the saved state. */
export function clearAllMarks(): Command {
  return act(
    script(`${CLEAR}
if [ -e /var/lib/mysql/grastate.dat ]; then
  sed -i 's/^safe_to_bootstrap:.*/safe_to_bootstrap: 0/' /var/lib/mysql/grastate.dat
fi`),
  );
}

const CLEAR = `
rm -f /run/mariadb-wsrep-new-cluster
systemctl unset-environment _WSREP_NEW_CLUSTER`;

/** That nothing on this machine would begin a cluster at its next start. */
export function hasNoMarks(): Command {
  return ask(script(NO_MARKS));
}

/** That moreover no server runs, neither the unit's nor one that somebody started by hand, and no flag is set. */
export function isDown(): Command {
  return ask(script(`${NO_SERVER}${NO_MARKS}${NO_FLAG}`));
}

const NO_MARKS = `
if [ -e /run/mariadb-wsrep-new-cluster ]; then echo "the file of galera_new_cluster is there" >&2; exit 1; fi
if systemctl show-environment | grep '^_WSREP_NEW_CLUSTER=' >&2; then exit 1; fi`;

const NO_FLAG = `
if grep -s '^safe_to_bootstrap: *1' /var/lib/mysql/grastate.dat >&2; then exit 1; fi`;

/**
 * Asks the storage engine for the position, with Debian's own program and the server's whole configuration, and
 * keeps what it said. It replays the redo log, as each start does; so it runs only where no server does.
 */
export function recoverPosition(): Command {
  return act(
    script(
      `${NO_SERVER}
find /var/lib/mysql -maxdepth 1 -name gvwstate.dat -empty -delete
said=$(galera_recovery 2>&1 >/dev/null) || { printf '%s\\n' "$said" >&2; exit 1; }
printf '%s\\n' "$said" >"$1"`,
      [POSITION_FILE],
    ),
    { timeoutMs: 15 * 60_000 },
  );
}

/** The flag without which Galera refuses to begin with a member that was not the last to leave. */
export function setMark(): Command {
  return act(
    script(`
if [ -e /var/lib/mysql/grastate.dat ]; then
  sed -i 's/^safe_to_bootstrap:.*/safe_to_bootstrap: 1/' /var/lib/mysql/grastate.dat
fi`),
  );
}

/** Starts the server as the first of a cluster. Its unit gives it the recovered position: the history goes on. */
export function beginCluster(): Command {
  return act(["galera_new_cluster"], { timeoutMs: STOP_TIMEOUT_MS });
}

/** Lets a running member that has lost its majority be the primary component. Only while the others are down. */
export function promote(): Command {
  return act(["mariadb", "--execute", "SET GLOBAL wsrep_provider_options = 'pc.bootstrap=true'"]);
}

/** Keeps a member from starting, which would let a copy from the others erase what only it has. */
export function leaveOut(): Command {
  return act(["touch", LEFT_OUT_FILE]);
}

/** Restarts the member that began the cluster, so that no process is left that was told to begin one. */
export function restartMember(): Command {
  return act(["systemctl", "restart", SERVER_UNIT], { timeoutMs: STOP_TIMEOUT_MS });
}

/** What comes before that restart: a copy breaks off when the member that gives it stops, and one may be for a machine that came back just now. */
export function untilNoCopy(machines: readonly string[]): Stage {
  return machines.map((machine) => ({
    title: "wait until no copy of the data runs",
    machine,
    commands: [],
    verify: restartGate(),
  }));
}

/**
 * Prints "began" where the running server was told to begin a cluster, and "size" with the number of members of the
 * primary component that it belongs to.
 */
export function beganCluster(): Command {
  return ask(script(BEGAN));
}

const BEGAN = `
mariadb --connect-timeout=5 --batch --skip-column-names --execute="
  SELECT 'size', VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS
  WHERE VARIABLE_NAME = 'wsrep_cluster_size' AND EXISTS (SELECT 1 FROM information_schema.GLOBAL_STATUS
    WHERE VARIABLE_NAME = 'wsrep_cluster_status' AND VARIABLE_VALUE = 'Primary')" 2>/dev/null || true
for process in $(pgrep -x "mariadbd|mysqld"); do
  if tr '\\0' '\\n' <"/proc/$process/cmdline" | grep -qxF -e --wsrep-new-cluster; then echo began; fi
done`;

/** That the member is in service in the component of this history, which has at least as many members. */
export function isOneOf(history: string, count: number): Command {
  return ask(script(ONE_OF, [history, String(count)]), { timeoutMs: 15_000 });
}

const ONE_OF = `
said=$(mariadb --connect-timeout=5 --batch --skip-column-names --execute="
  SHOW GLOBAL STATUS WHERE Variable_name IN ('wsrep_cluster_status', 'wsrep_local_state_comment', 'wsrep_ready',
    'wsrep_connected', 'wsrep_cluster_size', 'wsrep_cluster_state_uuid')" | tr '\\t' =)
for wanted in "wsrep_cluster_state_uuid=$1" wsrep_cluster_status=Primary wsrep_local_state_comment=Synced \\
  wsrep_ready=ON wsrep_connected=ON; do
  printf '%s\\n' "$said" | grep -qxF "$wanted" || { printf 'not %s, but\\n%s\\n' "$wanted" "$said" >&2; exit 1; }
done
size=$(printf '%s\\n' "$said" | sed -n 's/^wsrep_cluster_size=//p')
[ "$size" -ge "$2" ] || { echo "the cluster has $size of $2 members" >&2; exit 1; }`;

export function gate(title: string, command: Command, timeoutMs = 30_000): Gate {
  return { title, command, timeoutMs, intervalMs: 500 };
}
