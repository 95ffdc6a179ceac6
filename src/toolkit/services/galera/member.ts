import { ask, script, type Answer, type Command } from "../../steps/command.ts";
import { sections } from "../sections.ts";
import { NO_HISTORY, parseSavedState, type Position, type SavedState } from "./grastate.ts";
import { COPY_MARK, LEFT_OUT_FILE, POSITION_FILE } from "./names.ts";
import { parsePositionSinceStop, parseRecoveredPosition } from "./recovered-position.ts";
import { parseSavedView, type SavedView } from "./saved-view.ts";

/** All that is known of one database machine, as it was asked. */
export interface Member {
  readonly machine: string;
  /** systemd's word for mariadb.service: "active", "activating", "inactive", "failed". */
  readonly unit: string;
  /** What the running server says; absent when none answers. */
  readonly status?: ServerStatus;
  readonly saved?: SavedState;
  readonly view?: SavedView;
  /** What the storage engine was asked, by a recovery or by the last start, when the server did not run since. */
  readonly recovered?: Position;
  /** A whole copy from another member was begun and has not ended: what lies there is half of each. */
  readonly isCopying?: boolean;
  /** A recovery went on without it, although it has what the others lack: it may not start, which would erase that. */
  readonly isLeftOut?: boolean;
  /** Its unit is "failed", as it was tried to be stopped in vain, and the server runs on. */
  readonly isLingering?: boolean;
  /** The next start would begin a cluster: a galera_new_cluster was killed here. */
  readonly isMarked?: boolean;
  /** Whether there are tables that are not the server's own. */
  readonly holdsData: boolean;
}

export interface ServerStatus {
  readonly wsrepOn: boolean;
  readonly clusterStatus: string;
  readonly stateUuid: string;
  readonly lastCommitted: bigint;
  /** How many members the component has; 0 where the server does not say. */
  readonly clusterSize: number;
  /** All four: primary, synced, ready, connected. */
  readonly inService: boolean;
}

/** Reads only. Answers with exit code 0 on a machine without MariaDB too. */
export function observeMember(): Command {
  return ask(script(OBSERVE, [POSITION_FILE, LEFT_OUT_FILE]), { timeoutMs: 30_000 });
}

const OBSERVE = `
cd /
echo @unit; systemctl is-active mariadb.service 2>/dev/null || true
echo @status; mariadb --connect-timeout=5 --batch --skip-column-names --execute="
  SHOW GLOBAL VARIABLES WHERE Variable_name = 'wsrep_on';
  SHOW GLOBAL STATUS WHERE Variable_name IN ('wsrep_cluster_status', 'wsrep_cluster_state_uuid',
    'wsrep_local_state_comment', 'wsrep_ready', 'wsrep_connected', 'wsrep_last_committed',
    'wsrep_cluster_size')" 2>/dev/null || true
echo @grastate; cat /var/lib/mysql/grastate.dat 2>/dev/null || true
echo @gvwstate; cat /var/lib/mysql/gvwstate.dat 2>/dev/null || true
echo @log; journalctl --unit=mariadb.service --output=cat --quiet --lines=1 \\
  --grep='Recovered position|ready for connections' 2>/dev/null || true
# Whatever ran since has written to the redo log.
echo @asked; find "$1" -newer /var/lib/mysql/ib_logfile0 -exec cat {} + 2>/dev/null || true
echo @copying; if [ -e ${COPY_MARK} ]; then echo yes; fi
echo @leftout; if [ -e "$2" ]; then echo yes; fi
echo @marked; if [ -e /run/mariadb-wsrep-new-cluster ] ||
  systemctl show-environment 2>/dev/null | grep -q '^_WSREP_NEW_CLUSTER='; then echo yes; fi
echo @lingering; if [ "$(systemctl is-active mariadb.service 2>/dev/null)" = failed ] &&
  pgrep -x "mariadbd|mysqld" >/dev/null; then echo yes; fi
echo @databases; find /var/lib/mysql -mindepth 2 -maxdepth 2 -type f ! -name db.opt \\
  ! -path '/var/lib/mysql/mysql/*' ! -path '*/performance_schema/*' ! -path '*/sys/*' ! -path '*/lost+found/*' \\
  ! -path '*/.*/*' ! -path '*/#*/*' -print -quit 2>/dev/null || true`;

export function parseMember(machine: string, answer: Answer): Member {
  const part = sections(answer.stdout);
  const status = parseStatus(part("status"));
  const saved = parseSavedState(part("grastate"));
  const view = parseSavedView(part("gvwstate"));
  const recovered = parseRecoveredPosition(part("asked")) ?? parsePositionSinceStop(part("log"));
  return {
    machine,
    unit: part("unit").trim() || "inactive",
    holdsData: part("databases").trim() !== "",
    ...(status && { status }),
    ...(saved && { saved }),
    ...(view && { view }),
    ...(recovered && { recovered }),
    ...(isYes(part("copying")) && { isCopying: true }),
    ...(isYes(part("leftout")) && { isLeftOut: true }),
    ...(isYes(part("lingering")) && { isLingering: true }),
    ...(isYes(part("marked")) && { isMarked: true }),
  };
}

function isYes(text: string): boolean {
  return text.trim() === "yes";
}

function parseStatus(text: string): ServerStatus | undefined {
  if (text.trim() === "") return undefined;
  const values = new Map(text.split("\n").map((line) => line.split("\t") as [string, string]));
  const value = (name: string) => values.get(name) ?? "";
  return {
    wsrepOn: value("wsrep_on") === "ON",
    clusterStatus: value("wsrep_cluster_status"),
    stateUuid: value("wsrep_cluster_state_uuid"),
    lastCommitted: BigInt(/^-?\d+$/.exec(value("wsrep_last_committed"))?.[0] ?? "-1"),
    clusterSize: Number(/^\d+$/.exec(value("wsrep_cluster_size"))?.[0] ?? 0),
    inService:
      value("wsrep_cluster_status") === "Primary" &&
      value("wsrep_local_state_comment") === "Synced" &&
      value("wsrep_ready") === "ON" &&
      value("wsrep_connected") === "ON",
  };
}

export function isPrimary(member: Member): boolean {
  return member.status?.clusterStatus === "Primary";
}

/** The server runs or is being started, again and again, by systemd. */
export function isUp(member: Member): boolean {
  return member.unit === "active" || member.unit === "activating" || member.unit === "deactivating";
}

/** Never was in a cluster: there is no history on it that could be lost. */
export function hasNoHistory(member: Member): boolean {
  return historyOf(member) === undefined;
}

/** The history that the member's data belongs to, undefined when it has none. */
export function historyOf(member: Member): string | undefined {
  return [member.saved?.uuid, member.recovered?.uuid].find(
    (uuid) => uuid !== undefined && uuid !== NO_HISTORY,
  );
}
