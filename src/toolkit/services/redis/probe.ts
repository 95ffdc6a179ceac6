import { ask, script, type Command } from "../../steps/command.ts";
import type { Machine } from "../../topology/topology.ts";
import { PORTS } from "../../../contract/ports.ts";
import { CONFIG_PATH, PRESENT_PASSWORD } from "./names.ts";

/**
 * Whether the cache on this machine does its work: a master with at least one replica where it needs one, or a
 * replica whose link to the master is up.
 */
export function cacheProbe(machine: Machine): Command {
  return ask(script(PROBE, [machine.address, String(PORTS.cache), CONFIG_PATH]), { timeoutMs: 15_000 });
}

const PROBE = `${PRESENT_PASSWORD}
REDISCLI_AUTH=$(present_password "$3")
export REDISCLI_AUTH
info=$(timeout 5 redis-cli -h "$1" -p "$2" INFO replication | tr -d '\\r')
needed=$(timeout 5 redis-cli -h "$1" -p "$2" CONFIG GET min-replicas-to-write | sed -n 2p)
field() { echo "$info" | sed -n "s/^$1://p"; }
case $(field role) in
  master) [ "$(field min_slaves_good_slaves)" -ge "$needed" ] 2>/dev/null || [ "$needed" = 0 ] ;;
  slave) [ "$(field master_link_status)" = up ] && [ "$(field master_sync_in_progress)" = 0 ] ;;
  *) false ;;
esac || { echo "$info" >&2; exit 1; }`;
