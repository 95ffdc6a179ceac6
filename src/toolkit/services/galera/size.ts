import { ask, script } from "../../steps/command.ts";
import type { Gate } from "../../steps/step.ts";

/** Whether the component that this member belongs to is primary and has exactly so many members. */
export function hasMembers(count: number): Gate {
  return {
    title: `the database cluster has ${count} members`,
    command: ask(script(HAS_MEMBERS, [String(count)]), { timeoutMs: 15_000 }),
    timeoutMs: 60_000,
    intervalMs: 1000,
  };
}

const HAS_MEMBERS = `
status() {
  mariadb --connect-timeout=5 --batch --skip-column-names --execute="SHOW GLOBAL STATUS LIKE '$1'" | cut -f 2
}
found="$(status wsrep_cluster_status) $(status wsrep_cluster_size)"
[ "$found" = "Primary $1" ] || { echo "the component is $found" >&2; exit 1; }`;
