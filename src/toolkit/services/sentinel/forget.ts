import { PORTS } from "../../../contract/ports.ts";
import { act, ask, script, type Command } from "../../steps/command.ts";
import type { Gate } from "../../steps/step.ts";
import { machinesWith, type Machine, type Topology } from "../../topology/topology.ts";
import { votersIn } from "../../topology/voters.ts";
import { PRESENT_PASSWORD } from "../redis/names.ts";
import { SENTINEL_CONFIG_PATH } from "./names.ts";
import { sentinelSettings } from "./settings.ts";

/*
 * A Sentinel never forgets another one, or a replica, by itself, and counts both when it wants a majority (redis.io,
 * High availability with Redis Sentinel, "Adding or removing Sentinels"): each is told to forget all and finds again
 * those that live. One after the other, the next only when this one has found them.
 */

/** Has the Sentinel of this machine forget all that it knows besides the master, and want the quorum of `topology`. */
export function forgetOthers(topology: Topology, machine: Machine): Command {
  return act(script(FORGET, [...common(topology, machine), sentinelSettings(topology)["quorum"]!]));
}

/** Whether the Sentinel of this machine knows the caches and Sentinels of `topology`, and no others. */
export function knowsExactly(topology: Topology, machine: Machine): Gate {
  const caches = machinesWith(topology, "cache").map(({ address }) => address);
  const sentinels = votersIn(topology, "cache").map(({ address }) => address);
  const args = [...common(topology, machine), String(caches.length), ...caches, ...sentinels];
  return {
    title: `its Sentinel knows ${caches.length} caches and ${sentinels.length - 1} other Sentinels, and could fail over`,
    command: ask(script(KNOWS, args), { timeoutMs: 30_000 }),
    timeoutMs: 120_000,
    intervalMs: 1000,
  };
}

function common({ cache }: Topology, { address }: Machine): readonly string[] {
  return [SENTINEL_CONFIG_PATH, cache.masterName, String(PORTS.sentinel), address];
}

const SENTINEL = `${PRESENT_PASSWORD}
REDISCLI_AUTH=$(present_password "$1")
export REDISCLI_AUTH
name=$2 port=$3 own=$4
shift 4
sentinel() { timeout 5 redis-cli -h "$own" -p "$port" SENTINEL "$@" 2>&1 | tr -d '\\r'; }`;

const FORGET = `${SENTINEL}
said=$(sentinel SET "$name" quorum "$1")
[ "$said" = OK ] || { echo "$said" >&2; exit 1; }
said=$(sentinel RESET "$name")
[ "$said" = 1 ] || { echo "$said" >&2; exit 1; }`;

/**
 * Its answers are a name and a value on a line each, one Sentinel or replica after the other; by its address each
 * counts once, and one that came anew under another id twice. After their number come the caches, then the Sentinels.
 */
const KNOWS = `${SENTINEL}
addresses() {
  awk 'name == "ip" { print } { name = name == "" ? $0 : "" }' | sort
}
count=$1
shift
caches=
while [ "$count" -gt 0 ]; do caches="$caches $1" count=$((count - 1)); shift; done
others=$(for address; do [ "$address" = "$own" ] || echo "$address"; done | sort)
found=$(sentinel SENTINELS "$name" | addresses)
[ "$found" = "$others" ] || { echo "it knows the Sentinels" $found >&2; exit 1; }
caches=$(for address in $caches; do echo "$address"; done | sort)
master=$(sentinel GET-MASTER-ADDR-BY-NAME "$name" | sed -n 1p)
found=$({ echo "$master"; sentinel REPLICAS "$name" | addresses; } | sort)
[ "$found" = "$caches" ] || { echo "it knows the caches" $found >&2; exit 1; }
said=$(sentinel CKQUORUM "$name")
case $said in "OK "*) ;; *) echo "$said" >&2; exit 1 ;; esac`;
