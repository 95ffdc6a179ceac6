import { PORTS } from "../../../contract/ports.ts";
import { ask, script, type Command } from "../../steps/command.ts";
import type { Machine, Topology } from "../../topology/topology.ts";
import { votersIn } from "../../topology/voters.ts";
import { PRESENT_PASSWORD } from "../redis/names.ts";
import { SENTINEL_CONFIG_PATH } from "./names.ts";

/**
 * Whether a failover would succeed from here: this Sentinel reaches the quorum and the majority that it needs
 * (SENTINEL CKQUORUM), and names the same master as every other one that answers.
 */
export function sentinelProbe(topology: Topology, machine: Machine): Command {
  const others = votersIn(topology, "cache")
    .filter(({ name }) => name !== machine.name)
    .map(({ address }) => address);
  const args = [
    SENTINEL_CONFIG_PATH,
    topology.cache.masterName,
    String(PORTS.sentinel),
    machine.address,
    ...others,
  ];
  return ask(script(PROBE, args), { timeoutMs: 20_000 });
}

/** redis-cli ends with 0 on most errors: what it says counts. */
const PROBE = `${PRESENT_PASSWORD}
REDISCLI_AUTH=$(present_password "$1")
export REDISCLI_AUTH
name=$2 port=$3 own=$4
shift 4
sentinel() { host=$1; shift; timeout 3 redis-cli -h "$host" -p "$port" SENTINEL "$@" 2>&1; }
said=$(sentinel "$own" CKQUORUM "$name") || true
case $said in "OK "*) ;; *) echo "$said" >&2; exit 1 ;; esac
master=$(sentinel "$own" GET-MASTER-ADDR-BY-NAME "$name")
for other; do
  theirs=$(sentinel "$other" GET-MASTER-ADDR-BY-NAME "$name") || continue
  [ "$theirs" = "$master" ] || { echo "$own names" $master "and $other names" $theirs "as master" >&2; exit 1; }
done`;
