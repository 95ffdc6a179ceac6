import { PORTS } from "../../../contract/ports.ts";
import { ask, script } from "../../steps/command.ts";
import type { Gate } from "../../steps/step.ts";
import { machinesWith, type Machine, type Topology } from "../../topology/topology.ts";
import { CONFIG_PATH, PRESENT_PASSWORD } from "./names.ts";

/**
 * Whether the cache of this machine, if it is the master, lists no replica that is not of `topology`. One that died
 * without a word is listed for a minute (repl-timeout), and a Sentinel believes what the master lists.
 */
export function listsNoOther(topology: Topology, machine: Machine): Gate {
  const addresses = machinesWith(topology, "cache").map(({ address }) => address);
  return {
    title: "the master of the cache has forgotten the replica",
    command: ask(script(LISTS, [machine.address, String(PORTS.cache), CONFIG_PATH, ...addresses])),
    timeoutMs: 120_000,
    intervalMs: 1000,
  };
}

const LISTS = `${PRESENT_PASSWORD}
REDISCLI_AUTH=$(present_password "$3")
export REDISCLI_AUTH
info=$(timeout 5 redis-cli -h "$1" -p "$2" INFO replication | tr -d '\\r')
case $info in *role:*) ;; *) echo "$info" >&2; exit 1 ;; esac
shift 3
for replica in $(printf '%s\\n' "$info" | sed -n 's/^slave[0-9]*:ip=\\([^,]*\\),.*/\\1/p'); do
  case " $* " in *" $replica "*) ;; *) echo "it still lists $replica" >&2; exit 1 ;; esac
done`;
