import { DRAIN_MARKS } from "../../../contract/drain-mark.ts";
import { PORTS } from "../../../contract/ports.ts";
import { RELEASE } from "../../../contract/release-layout.ts";
import { PATHS as HAPROXY } from "../../services/haproxy/paths.ts";
import { HAPROXY_SHELL } from "../../services/haproxy/runtime.ts";
import { CONFIG_PATH, PRESENT_PASSWORD } from "../../services/redis/names.ts";
import { SENTINEL_CONFIG_PATH } from "../../services/sentinel/names.ts";
import { brickProbe } from "../../services/glusterfs/probe.ts";
import { UNIT as KEEPALIVED } from "../../services/keepalived/files.ts";
import { COPY_MARK } from "../../services/galera/names.ts";
import { COPYING_SHELL } from "../../services/galera/restart-gate.ts";
import { ARBITRATOR_SHELL } from "../../services/arbitrator/probe.ts";
import { ask, script, type Command } from "../../steps/command.ts";
import type { Machine, Topology } from "../../topology/topology.ts";
import { isWitnessIn, votesIn } from "../../topology/voters.ts";

export interface SurveyOptions {
  /** Whether the storage is asked too. It takes seconds, and only matters where something is to be stopped. */
  readonly withStorage: boolean;
}

/**
 * Asks a machine, in one command that only reads, for all that a decision about draining needs. Answers with exit code
 * 0 also where a service is down, or was never there.
 */
export function surveyCommand(topology: Topology, machine: Machine, options: SurveyOptions): Command {
  const { network, cache } = topology;
  const probe =
    options.withStorage && votesIn(topology, machine, "storage") ? brickProbe(topology, machine) : undefined;
  const args = [
    subjects(topology, machine).join(" "),
    network.vip,
    machine.address,
    cache.masterName,
    ...(probe?.argv ?? []),
  ];
  return ask(script(SURVEY, args), { timeoutMs: 90_000 });
}

/** What the machine is asked about: its roles, and what it votes in without data. */
function subjects(topology: Topology, machine: Machine): readonly string[] {
  return [
    ...machine.roles,
    ...(isWitnessIn(topology, machine, "mail") ? ["mail"] : []),
    ...(votesIn(topology, machine, "cache") ? ["sentinel"] : []),
    ...(isWitnessIn(topology, machine, "database") ? ["arbitrator"] : []),
  ];
}

/** Sections begin with "@"; what follows the fourth argument is the storage's probe. */
const SURVEY = `${HAPROXY_SHELL}
${ARBITRATOR_SHELL}
${COPYING_SHELL}
${PRESENT_PASSWORD}
roles=$1 vip=$2 address=$3 master_name=$4
shift 4
cd /
echo @drained; cat ${DRAIN_MARKS.drained} 2>/dev/null || true
echo @vip-mark; [ ! -e ${DRAIN_MARKS.vip} ] || echo yes
echo @vip; ip -o -4 address show to "$vip/32" 2>/dev/null || true

if is_one_of balancer "$roles"; then
  echo @drains
  for mark in ${DRAIN_MARKS.balancer}/*; do
    if [ -f "$mark" ]; then printf '%s %s\\n' "\${mark##*/}" "$(tr -d '\\n' <"$mark")"; fi
  done
  echo @prepared; [ ! -e ${HAPROXY.applyDrains} ] || echo yes
  echo @keepalived; if systemctl is-active --quiet ${KEEPALIVED}; then echo yes; else echo no; fi
  # "listener server sessions status" of every process, and "listener server administrative-state" of the present one.
  echo @sessions; every_stat 2>/dev/null | awk -F , '/^[a-z]/ && $5 != "" { print $1, $2, $5, $18 }' || true
  echo @servers; ask_worker 'show servers state' 2>/dev/null | awk '/^[0-9]+ / { print $2, $4, $7 }' || true
fi

if is_one_of database "$roles"; then
  echo @member; timeout 10 mariadb --connect-timeout=5 --batch --skip-column-names --execute="
    SHOW GLOBAL STATUS WHERE Variable_name IN ('wsrep_cluster_status', 'wsrep_local_state_comment',
      'wsrep_ready', 'wsrep_connected', 'wsrep_cluster_size')" 2>/dev/null || true
  echo @copying; if is_copied_to ${COPY_MARK}; then echo yes; fi
fi

if is_one_of cache "$roles"; then
  echo @cache
  REDISCLI_AUTH=$(present_password ${CONFIG_PATH} 2>/dev/null) timeout 5 \\
    redis-cli -h "$address" -p ${PORTS.cache} INFO replication 2>/dev/null | tr -d '\\r' || true
fi

if is_one_of sentinel "$roles"; then
  REDISCLI_AUTH=$(present_password ${SENTINEL_CONFIG_PATH} 2>/dev/null)
  export REDISCLI_AUTH
  sentinel() { timeout 5 redis-cli -h "$address" -p ${PORTS.sentinel} SENTINEL "$@" "$master_name" 2>&1 || true; }
  echo @master; sentinel GET-MASTER-ADDR-BY-NAME | sed -n 1p
  echo @quorum; sentinel CKQUORUM
fi

if is_one_of arbitrator "$roles"; then
  echo @arbitrator; if arbitrator_votes 2>/dev/null; then echo votes; fi
fi

if is_one_of mail "$roles"; then
  echo @mailnode; timeout 20 ${RELEASE.program} status --ready 2>/dev/null || true
  echo @mailcluster; timeout 20 ${RELEASE.program} status 2>/dev/null || true
fi

if [ $# -gt 0 ]; then
  echo @storage; if said=$("$@" 2>&1); then echo ok; else echo "$said" | tail -n 1; fi
fi`;
