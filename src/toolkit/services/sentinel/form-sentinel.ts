import { PORTS } from "../../../contract/ports.ts";
import { act, ask, script, type Answer, type Command } from "../../steps/command.ts";
import type { Phase } from "../../steps/phase.ts";
import type { Stage, Step } from "../../steps/step.ts";
import { machineNamed, type Machine, type Topology } from "../../topology/topology.ts";
import { votersIn } from "../../topology/voters.ts";
import { PASSWORD_SECRET, PRESENT_PASSWORD } from "../redis/names.ts";
import type { FormContext } from "../service.ts";
import { SENTINEL_CONFIG_PATH, SENTINEL_PASSWORD_SECRET, SENTINEL_UNIT } from "./names.ts";
import { sentinelProbe } from "./probe.ts";
import { SENTINEL_TIMES, sentinelSettings } from "./settings.ts";

/**
 * Brings the running Sentinels to the settings of the topology and waits until they agree and could fail over.
 */
export function formSentinelPhase(context: FormContext): Phase {
  const { topology } = context;
  const passwords = `${context.secret(PASSWORD_SECRET)}\n${context.secret(SENTINEL_PASSWORD_SECRET)}\n`;
  return {
    title: "make the Sentinels agree",
    machines: votersIn(topology, "cache").map((machine) => machine.name),
    observe: (name) => observe(topology, machineNamed(topology, name), passwords),
    decide: (answers) => {
      const all = [...answers].map(([name, answer]) =>
        remaining(topology, machineNamed(topology, name), answer, passwords),
      );
      const together = all.flatMap(({ settings }) => settings);
      const oneByOne = all.flatMap(({ restarts }) => restarts.map((step) => [step]));
      const waits = all.flatMap(({ waits }) => waits);
      return [together, ...oneByOne, waits].filter((stage: Stage) => stage.length > 0);
    },
  };
}

function observe(topology: Topology, machine: Machine, passwords: string): Command {
  const { argv } = sentinelProbe(topology, machine);
  const args = [SENTINEL_CONFIG_PATH, topology.cache.masterName, String(PORTS.sentinel), machine.address];
  return ask(script(OBSERVE, [...args, ...Object.keys(sentinelSettings(topology)), "--", ...argv]), {
    stdin: passwords,
    timeoutMs: 40_000,
  });
}

/**
 * Exit code 0 on a machine without Sentinel too. The passwords are compared with the file, which Sentinel keeps
 * up to date, and do not travel back. What follows "--" is the probe.
 */
const OBSERVE = `${PRESENT_PASSWORD}
IFS= read -r cache_password
IFS= read -r sentinel_password
[ -r "$1" ] || exit 0
file=$1 name=$2 port=$3 host=$4
shift 4
REDISCLI_AUTH=$(present_password "$file")
export REDISCLI_AUTH
master=$(timeout 5 redis-cli -h "$host" -p "$port" SENTINEL MASTER "$name" 2>/dev/null) || exit 0
echo "answers yes"
while [ "$1" != -- ]; do
  echo "$1 $(echo "$master" | sed -n "/^$1\\$/{n;p;q}")"
  shift
done
shift
timeout 5 redis-cli -h "$host" -p "$port" SENTINEL DEBUG 2>/dev/null | tr A-Z a-z | paste -d ' ' - -
# Nothing but the shell itself may see a password: an argument of another program is in the list of processes.
holds() {
  while IFS= read -r line; do
    if [ "$line" = "$2" ]; then echo "$1 same"; return; fi
  done <"$file"
  echo "$1 differs"
}
holds auth-pass "sentinel auth-pass $name $cache_password"
holds sentinel-pass "sentinel sentinel-pass $sentinel_password"
if "$@" </dev/null >/dev/null 2>&1; then echo "agrees yes"; fi`;

function remaining(topology: Topology, machine: Machine, answer: Answer, passwords: string) {
  const found = new Map(answer.stdout.split("\n").map((line) => line.split(" ") as [string, string]));
  const wanted = sentinelSettings(topology);
  const settings: Step[] = [];
  const restarts: Step[] = [];
  const verify = {
    title: "the Sentinels agree on a master and reach a quorum",
    command: sentinelProbe(topology, machine),
    timeoutMs: 120_000,
    intervalMs: 500,
  };
  const wait: Step = { title: "wait for the Sentinels", machine: machine.name, commands: [], verify };
  if (!found.has("answers")) return { settings, restarts, waits: [wait] };

  const differing = (all: Readonly<Record<string, string>>) =>
    Object.entries(all).filter(([name, value]) => found.get(name) !== value);
  const changed = differing(wanted);
  const times = differing(SENTINEL_TIMES);
  const args = [SENTINEL_CONFIG_PATH, topology.cache.masterName, String(PORTS.sentinel), machine.address];
  const password = found.get("auth-pass") === "differs";
  const commands = [
    ...(changed.length > 0 ? [act(script(SET, [...args, ...changed.flat()]))] : []),
    ...(times.length > 0 ? [act(script(SET_TIMES, [...args, ...times.flat()]))] : []),
    ...(password ? [setAuthPass(topology, machine, passwords)] : []),
  ];
  if (commands.length > 0) {
    const names = [...[...changed, ...times].map(([name]) => name), ...(password ? ["auth-pass"] : [])];
    settings.push({ title: `set ${names.join(", ")}`, machine: machine.name, commands });
  }
  if (found.get("sentinel-pass") === "differs") {
    const command = act(script(CHANGE_OWN_PASSWORD, [...args, SENTINEL_UNIT]), { stdin: passwords });
    restarts.push({
      title: "change the Sentinel's own password",
      machine: machine.name,
      commands: [command],
    });
  }
  const agrees = found.get("agrees") === "yes" && settings.length === 0 && restarts.length === 0;
  return { settings, restarts, waits: agrees ? [] : [wait] };
}

const SENTINEL = `${PRESENT_PASSWORD}
REDISCLI_AUTH=$(present_password "$1")
export REDISCLI_AUTH
name=$2 port=$3 host=$4
shift 4
sentinel() { redis-cli -e -h "$host" -p "$port" SENTINEL "$@"; }`;

const SET = `${SENTINEL}
sentinel SET "$name" "$@"`;

const SET_TIMES = `${SENTINEL}
sentinel DEBUG "$@"`;

/** Sets with which password the Sentinel logs in to caches: the first line of `passwords`. */
export function setAuthPass({ cache }: Topology, { address }: Machine, passwords: string): Command {
  const args = [SENTINEL_CONFIG_PATH, cache.masterName, String(PORTS.sentinel), address];
  return act(script(SET_AUTH_PASS, args), { stdin: passwords });
}

/** -x takes the last argument from standard input, so that no password is in the list of processes. */
const SET_AUTH_PASS = `${PRESENT_PASSWORD}
IFS= read -r cache_password
REDISCLI_AUTH=$(present_password "$1")
export REDISCLI_AUTH
printf %s "$cache_password" | redis-cli -e -x -h "$4" -p "$3" SENTINEL SET "$2" auth-pass`;

/**
 * A running Sentinel cannot take another password of its own that outlives it, so its file is changed while it
 * is down. The line "user default" holds a hash of the old one and would win.
 */
const CHANGE_OWN_PASSWORD = `
IFS= read -r cache_password
IFS= read -r sentinel_password
systemctl stop "$5"
new=$(mktemp "$1.XXXXXX")
trap 'rm -f "$new"' EXIT
while IFS= read -r line; do
  case $line in
    "requirepass "*) printf 'requirepass %s\\n' "$sentinel_password" ;;
    "sentinel sentinel-pass "*) printf 'sentinel sentinel-pass %s\\n' "$sentinel_password" ;;
    "user default "*) ;;
    *) printf '%s\\n' "$line" ;;
  esac
done <"$1" >"$new"
chown redis:redis "$new"
chmod 0640 "$new"
mv -f "$new" "$1"
systemctl start "$5"`;
