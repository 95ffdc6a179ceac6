import { PORTS } from "../../../contract/ports.ts";
import { act, ask, script, type Answer, type Command, type LocalFile } from "../../steps/command.ts";
import type { Machine } from "../../topology/topology.ts";
import { CONFIG_PATH, DATA_DIRECTORY, PRESENT_PASSWORD } from "./names.ts";

const COPY_TIMEOUT_MS = 3_600_000;

/** A snapshot of the whole cache as a replica would get it (redis-cli --rdb), in Redis's own format. */
export function streamCache(machine: Machine, into: LocalFile): Command {
  const args = [machine.address, String(PORTS.cache), CONFIG_PATH];
  return act(script(STREAM, args), { stdout: into, timeoutMs: COPY_TIMEOUT_MS });
}

const STREAM = `${PRESENT_PASSWORD}
REDISCLI_AUTH=$(present_password "$3")
export REDISCLI_AUTH
scratch=$(mktemp -d -p /var/tmp)
trap 'rm -rf "$scratch"' EXIT
# Not straight to the output: there redis-cli leaves the 40 bytes that mark the end of the transfer.
said=$(redis-cli -h "$1" -p "$2" --rdb "$scratch/dump.rdb" 2>&1) || { echo "$said" >&2; exit 1; }
cat "$scratch/dump.rdb"`;

/** What a restore must know of the cache on a machine. Exit code 0 also where it does not run. */
export function askCache(machine: Machine): Command {
  return ask(script(ASK, [machine.address, String(PORTS.cache), CONFIG_PATH]));
}

const ASK = `${PRESENT_PASSWORD}
[ -r "$3" ] || exit 0
if grep -q '^replicaof ' "$3"; then echo "configured replica"; else echo "configured master"; fi
REDISCLI_AUTH=$(present_password "$3")
export REDISCLI_AUTH
echo "keys $(timeout 5 redis-cli -h "$1" -p "$2" DBSIZE 2>/dev/null)"`;

export interface CacheState {
  /** By its file, which a failover rewrites; undefined where there is none. */
  readonly configured: "master" | "replica" | undefined;
  /** 0 where it does not run. */
  readonly keys: number;
}

export function parseCache({ stdout }: Answer): CacheState {
  const field = (name: string) => new RegExp(`^${name} (.*)$`, "m").exec(stdout)?.[1] ?? "";
  const configured = field("configured");
  return {
    configured: configured === "master" || configured === "replica" ? configured : undefined,
    keys: Number(/^\d+$/.exec(field("keys"))?.[0] ?? 0),
  };
}

/**
 * Puts a snapshot where the server finds it at its next start. With its log of writes on, it reads no dump.rdb: the
 * snapshot becomes the base file of that log (redis.io, "Redis persistence": log-rewriting since 7.0).
 */
export function putCache(from: LocalFile): Command {
  return act(script(PUT, [DATA_DIRECTORY]), { stdin: from, timeoutMs: COPY_TIMEOUT_MS });
}

const PUT = `
log="$1/appendonlydir"
rm -rf "$log"
install -d -o redis -g redis -m 0750 "$log"
cat >"$log/appendonly.aof.1.base.rdb"
[ "$(head -c 5 "$log/appendonly.aof.1.base.rdb")" = REDIS ] || { echo "this is no snapshot of Redis" >&2; exit 1; }
echo "file appendonly.aof.1.base.rdb seq 1 type b" >"$log/appendonly.aof.manifest"
chown redis:redis "$log"/*
chmod 0640 "$log"/*`;

/** Whether the cache answers and has read all of its data. */
export function cacheAnswers(machine: Machine): Command {
  return answers(machine, ["PONG"]);
}

/**
 * Whether the cache has read all of its data and is the master. As a replica, which a Sentinel may have made of it while
 * others were there, it would drop them for those of its master.
 */
export function isMaster(machine: Machine): Command {
  return answers(machine, ["PONG", "role:master"]);
}

/** Whether the cache has all data of this master. */
export function isReplicaOf(machine: Machine, { address }: Machine): Command {
  const link = ["master_link_status:up", "master_sync_in_progress:0"];
  return answers(machine, ["role:slave", `master_host:${address}`, ...link]);
}

function answers(machine: Machine, lines: readonly string[]): Command {
  const args = [machine.address, String(PORTS.cache), CONFIG_PATH, ...lines];
  return ask(script(ANSWERS, args), { timeoutMs: 15_000 });
}

const ANSWERS = `${PRESENT_PASSWORD}
REDISCLI_AUTH=$(present_password "$3")
export REDISCLI_AUTH
cache() { timeout 5 redis-cli -h "$host" -p "$port" "$@" 2>&1; }
host=$1 port=$2
said=$({ cache PING; cache INFO replication; } | tr -d '\\r')
shift 3
for line in "$@"; do
  printf '%s\\n' "$said" | grep -qxF "$line" || { printf 'not %s, but\\n%s\\n' "$line" "$said" >&2; exit 1; }
done`;
