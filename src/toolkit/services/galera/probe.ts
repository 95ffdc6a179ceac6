import { ask, script, type Command } from "../../steps/command.ts";
import type { Gate } from "../../steps/step.ts";

/**
 * Whether the member on this machine is in service. That is so only when all four hold (MariaDB's own
 * documentation of the status variables): a server that accepts connections may still refuse every query.
 */
export function memberProbe(): Command {
  return ask(script(PROBE), { timeoutMs: 15_000 });
}

const PROBE = `
met=$(mariadb --connect-timeout=5 --batch --skip-column-names --execute="
  SHOW GLOBAL STATUS WHERE (Variable_name, Value) IN
    (('wsrep_cluster_status', 'Primary'), ('wsrep_local_state_comment', 'Synced'),
     ('wsrep_ready', 'ON'), ('wsrep_connected', 'ON'))" | wc -l)
[ "$met" -eq 4 ] || { echo "in service are 4 of 4 conditions, met are $met" >&2; exit 1; }`;

/** Time enough for a whole copy of the data to a joiner. */
export function inService(timeoutMs = 15 * 60_000): Gate {
  return {
    title: "the member is primary, synced, ready and connected",
    command: memberProbe(),
    timeoutMs,
    // A look takes some 30 ms; a cluster that begins again waits for four members in turn.
    intervalMs: 250,
  };
}
