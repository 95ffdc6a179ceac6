import { PORTS } from "../../../contract/ports.ts";
import { act, ask, script, type Command } from "../../steps/command.ts";
import type { Gate } from "../../steps/step.ts";
import type { Machine, Topology } from "../../topology/topology.ts";
import { CONFIG_PATH, PRESENT_PASSWORD } from "../redis/names.ts";
import { SENTINEL_CONFIG_PATH } from "./names.ts";

/*
 * A planned failover away from a master that works: Sentinel chooses among the replicas that are in sync and not
 * passed over, without asking the other Sentinels, who learn it from this one.
 */

/** On the machine of a Sentinel: whether the master is another one than `from` already. */
export function isMasterElsewhere(topology: Topology, sentinel: Machine, from: Machine): Command {
  return ask(script(IS_ELSEWHERE, common(topology, [sentinel], from)));
}

/**
 * On the machine of a Sentinel: makes a replica the master, without losing a write that was answered. Sentinel alone
 * would: it promotes a replica while the old master goes on answering, and makes that one a replica only after it has
 * watched it for eight seconds. So writes wait before (for 15 seconds at most, should everything else fail), and the
 * old master follows as soon as Sentinel names the new one, by the commands that Sentinel would send.
 */
export function moveMaster(topology: Topology, sentinel: Machine, from: Machine): Command {
  return act(script(MOVE, common(topology, [sentinel], from)), { timeoutMs: 60_000 });
}

/**
 * On the machine of a Sentinel: whether all these Sentinels name one new master, and `from` follows it in sync. Until
 * then what `from` holds may be newer than what anybody else does.
 */
export function hasMasterMoved(topology: Topology, sentinels: readonly Machine[], from: Machine): Gate {
  return {
    title: `all Sentinels name another master, and ${from.name} follows it in sync`,
    command: ask(script(HAS_MOVED, common(topology, sentinels, from)), { timeoutMs: 30_000 }),
    timeoutMs: 60_000 + topology.cache.failoverTimeoutMs,
    intervalMs: 500,
  };
}

function common(topology: Topology, sentinels: readonly Machine[], from: Machine): readonly string[] {
  return [
    SENTINEL_CONFIG_PATH,
    topology.cache.masterName,
    String(PORTS.sentinel),
    CONFIG_PATH,
    String(PORTS.cache),
    from.address,
    ...sentinels.map(({ address }) => address),
  ];
}

const NAMED = `${PRESENT_PASSWORD}
named() {
  REDISCLI_AUTH=$(present_password "$sentinels") timeout 3 \\
    redis-cli -h "$1" -p "$sentinel_port" SENTINEL GET-MASTER-ADDR-BY-NAME "$name" | sed -n 1p
}`;

const IS_ELSEWHERE = `${NAMED}
sentinels=$1 name=$2 sentinel_port=$3 from=$6
master=$(named "$7")
[ -n "$master" ] && [ "$master" != "$from" ] || { echo "the master is \${master:-unknown}" >&2; exit 1; }`;

/** redis-cli ends with 0 on most errors: what it says counts. */
const MOVE = `${NAMED}
sentinels=$1 name=$2 sentinel_port=$3 caches=$4 cache_port=$5 from=$6 own=$7
cache() { REDISCLI_AUTH=$(present_password "$caches") timeout 5 redis-cli -e -h "$from" -p "$cache_port" "$@"; }
cache CLIENT PAUSE 15000 WRITE
said=$(REDISCLI_AUTH=$(present_password "$sentinels") timeout 10 \\
  redis-cli -h "$own" -p "$sentinel_port" SENTINEL FAILOVER "$name" 2>&1)
case $said in
  OK | *INPROG*) ;;
  *) cache CLIENT UNPAUSE; echo "$said" >&2; exit 1 ;;
esac
waits=28
while master=$(named "$own"); [ -z "$master" ] || [ "$master" = "$from" ]; do
  [ "$waits" -gt 0 ] || { cache CLIENT UNPAUSE; echo "Sentinel still names $from" >&2; exit 1; }
  waits=$((waits - 1))
  sleep 0.5
done
cache REPLICAOF "$master" "$cache_port"
cache CONFIG REWRITE
cache CLIENT KILL TYPE normal
cache CLIENT UNPAUSE`;

const HAS_MOVED = `${NAMED}
sentinels=$1 name=$2 sentinel_port=$3 caches=$4 cache_port=$5 from=$6
shift 6
first=
for sentinel; do
  master=$(named "$sentinel")
  [ -n "$master" ] && [ "$master" != "$from" ] || { echo "$sentinel names \${master:-no} master" >&2; exit 1; }
  [ "$master" = "\${first:=$master}" ] || { echo "$sentinel names $master, another one $first" >&2; exit 1; }
done
info=$(REDISCLI_AUTH=$(present_password "$caches") timeout 5 redis-cli -h "$from" -p "$cache_port" INFO replication | tr -d '\\r')
field() { echo "$info" | sed -n "s/^$1://p"; }
[ "$(field role)" = slave ] && [ "$(field master_host)" = "$first" ] && [ "$(field master_link_status)" = up ] &&
  [ "$(field master_sync_in_progress)" = 0 ] || { echo "$from does not follow $first yet" >&2; exit 1; }`;

/**
 * On the machine of a Sentinel: whether it would choose none of these caches. That they are to be passed over it learns by
 * asking them; one that it holds for down, or has never met, it passes over by itself.
 */
export function passesOver(topology: Topology, sentinel: Machine, caches: readonly Machine[]): Gate {
  const args = [SENTINEL_CONFIG_PATH, topology.cache.masterName, String(PORTS.sentinel), sentinel.address];
  return {
    title: `its Sentinel passes ${caches.map(({ name }) => name).join(" and ")} over`,
    command: ask(script(PASSES_OVER, [...args, ...caches.map(({ address }) => address)])),
    timeoutMs: 30_000,
    intervalMs: 500,
  };
}

/** Its answer is a name and a value on a line each, replica after replica. */
const PASSES_OVER = `${PRESENT_PASSWORD}
REDISCLI_AUTH=$(present_password "$1")
export REDISCLI_AUTH
said=$(timeout 5 redis-cli -e -h "$4" -p "$3" SENTINEL REPLICAS "$2") || { echo "$said" >&2; exit 1; }
chosen=$(printf '%s\\n' "$said" | tr -d '\\r' | awk '
  name == "ip" { ip = $0 }
  name == "flags" { down = /s_down|o_down|disconnected/ }
  name == "slave-priority" && $0 != 0 && !down { print ip }
  { name = name == "" ? $0 : "" }')
shift 4
for cache; do
  ! printf '%s\\n' "$chosen" | grep -qxF "$cache" || { echo "$cache would still be chosen" >&2; exit 1; }
done`;

/** On the machine of a Sentinel: whether it names this cache the master. */
export function namesMaster(topology: Topology, sentinel: Machine, cache: Machine): Gate {
  return {
    title: `${cache.name} is the master`,
    command: ask(script(NAMES_MASTER, common(topology, [sentinel], cache))),
    timeoutMs: 10_000,
    intervalMs: 500,
  };
}

const NAMES_MASTER = `${NAMED}
sentinels=$1 name=$2 sentinel_port=$3 wanted=$6
master=$(named "$7")
[ "$master" = "$wanted" ] || { echo "the master is \${master:-unknown}" >&2; exit 1; }`;
