import { ask, script, type Command } from "../../steps/command.ts";
import type { Machine, Topology } from "../../topology/topology.ts";
import { votersIn } from "../../topology/voters.ts";
import { ONCE } from "../once.ts";
import { NOTHING_WAITS } from "./heal.ts";
import { PEER_STATUS } from "./peers.ts";

/**
 * Whether the storage on this machine does its work: the volume is started, the machine's own brick is online,
 * and, when all bricks are there, all say that nothing waits to be healed. While another machine is away there is
 * always something to heal; that is not this machine's failure.
 */
export function brickProbe(topology: Topology, machine: Machine): Command {
  const count = votersIn(topology, "storage").length;
  const args = [topology.storage.volume, String(count), machine.address];
  return ask(script(`${NOTHING_WAITS}${BRICKS}${OWN_BRICK}`, args), { timeoutMs: 60_000 });
}

/** Whether all bricks of the volume are online. */
export function allBricksProbe(topology: Topology): Command {
  const count = votersIn(topology, "storage").length;
  return ask(script(`${BRICKS}${ALL_BRICKS}`, [topology.storage.volume, String(count)]), {
    timeoutMs: 60_000,
  });
}

/**
 * "address online" per brick: 1 or 0. A brick of a machine that is away is not listed at all. The plain output
 * breaks long names over lines, the XML does not. Only one machine at a time may ask: glusterd refuses the others,
 * who wait for a moment of their own and ask again.
 */
const BRICKS = `${ONCE}
volume=$1 count=$2
volume_status() {
  for try in 1 2 3 4 5 6 7 8 9 10; do
    status=$(timeout 20 gluster --mode=script volume status "$volume" --xml) || true
    case "$status" in *"Another transaction is in progress"* | *"Locking failed"*) ;; *) break ;; esac
    sleep "0.$(od -An -N1 -tu1 /dev/urandom | tr -d ' ')"
  done
  printf '%s\\n' "$status"
}
status=$(once volume-status volume_status)
bricks=$(printf '%s\\n' "$status" | awk -F '[<>]' '
  $2 == "hostname" { host = $3 }
  $2 == "path" { path = $3 }
  $2 == "status" && path ~ /^\\// { print host, $3 }')
online=$(printf '%s\\n' "$bricks" | grep -c ' 1$') || true`;

/** What it saw goes to standard output: see evidence.ts. */
const OWN_BRICK = `
echo @peers; once peer-status timeout 10 ${PEER_STATUS} || true
printf '@bricks\\n%s\\n' "$bricks"
printf '%s\\n' "$bricks" | grep -qxF "$3 1" || { echo "the brick of $3 is not online" >&2; exit 1; }
if [ "$online" -eq "$count" ]; then
  summary=$(timeout 30 gluster --mode=script volume heal "$volume" info summary) || true
  printf '@heal\\n%s\\n' "$summary"
  printf '%s\\n' "$summary" | nothing_waits all
fi`;

const ALL_BRICKS = `
[ "$online" -eq "$count" ] || { echo "$online of $count bricks are online" >&2; exit 1; }`;
