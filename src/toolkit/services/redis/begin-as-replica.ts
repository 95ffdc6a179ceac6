import { PORTS } from "../../../contract/ports.ts";
import { act, ask, script, type Command } from "../../steps/command.ts";
import type { Machine, Topology } from "../../topology/topology.ts";
import { SENTINEL_CONFIG_PATH, SENTINEL_UNIT } from "../sentinel/names.ts";
import { CONFIG_PATH, SERVER_UNIT } from "./names.ts";

/** From then on its daemons know whom they follow. A witness has a Sentinel only. */
export function hasCacheBegun({ roles }: Machine): Command {
  return ask(["systemctl", "is-active", "--quiet", roles.includes("cache") ? SERVER_UNIT : SENTINEL_UNIT]);
}

/**
 * Before a cache and its Sentinel are started for the first time in a cluster that lives: writes into their files who
 * is the master now. The files were made for the first deployment, in which the first machine is, and a blank one
 * would begin as a master without data.
 */
export function beginAsReplica({ cache }: Topology, master: string): Command {
  return act(
    script(BEGIN, [CONFIG_PATH, SENTINEL_CONFIG_PATH, cache.masterName, master, String(PORTS.cache)]),
  );
}

/** The contents are written into the files that are there, so that owner and mode stay. */
const BEGIN = `
new=$(mktemp)
trap 'rm -f "$new"' EXIT
if [ -f "$1" ]; then
  awk -v master="$4" -v port="$5" '$1 != "replicaof" { print } END { print "replicaof " master " " port }' "$1" >"$new"
  cat "$new" >"$1"
fi
awk -v name="$3" -v master="$4" '$1 == "sentinel" && $2 == "monitor" && $3 == name { $4 = master } { print }' "$2" >"$new"
cat "$new" >"$2"`;
