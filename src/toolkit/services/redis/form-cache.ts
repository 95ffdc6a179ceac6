import { PORTS } from "../../../contract/ports.ts";
import { act, ask, script, type Answer, type Command } from "../../steps/command.ts";
import type { Phase } from "../../steps/phase.ts";
import type { Gate, Step } from "../../steps/step.ts";
import { machineNamed, machinesWith, type Machine, type Topology } from "../../topology/topology.ts";
import type { FormContext } from "../service.ts";
import { CONFIG_PATH, PASSWORD_SECRET, PRESENT_PASSWORD } from "./names.ts";
import { cacheProbe } from "./probe.ts";
import { redisSettings } from "./settings.ts";

/**
 * Brings the running caches to the settings of the topology and waits until replicas follow.
 *
 * Who is master is not decided here: the seed says it once, Sentinel from then on.
 */
export function formCachePhase({ topology, secret }: FormContext): Phase {
  const wanted = redisSettings(topology);
  const password = `${secret(PASSWORD_SECRET)}\n`;
  return {
    title: "form the cache",
    machines: machinesWith(topology, "cache").map((machine) => machine.name),
    observe: (name) => observe(topology, name, Object.keys(wanted), password),
    decide: (answers) => {
      const steps = [...answers].flatMap(([name, answer]) =>
        remaining(machineNamed(topology, name), parse(answer), wanted, password),
      );
      const changes = steps.filter(({ commands }) => commands.length > 0);
      const waits = steps.filter(({ commands }) => commands.length === 0);
      return [changes, waits].filter((stage) => stage.length > 0);
    },
  };
}

function observe(topology: Topology, name: string, settings: readonly string[], password: string): Command {
  const args = [machineNamed(topology, name).address, String(PORTS.cache), CONFIG_PATH, ...settings];
  return ask(script(OBSERVE, args), { stdin: password, timeoutMs: 30_000 });
}

/** Exit code 0 on a machine without Redis too. The passwords are compared there; they do not travel back. */
const OBSERVE = `${PRESENT_PASSWORD}
IFS= read -r wanted
[ -r "$3" ] || exit 0
REDISCLI_AUTH=$(present_password "$3")
export REDISCLI_AUTH
cache() { timeout 5 redis-cli -h "$host" -p "$port" "$@" 2>/dev/null; }
host=$1 port=$2
shift 3
[ "$(cache PING)" = PONG ] || exit 0
echo "answers yes"
for name; do echo "$name $(cache CONFIG GET "$name" | sed -n 2p)"; done
for name in requirepass masterauth; do
  if [ "$(cache CONFIG GET "$name" | sed -n 2p)" = "$wanted" ]; then echo "$name same"; else echo "$name differs"; fi
done
cache INFO replication | tr -d '\\r' | sed -n 's/^\\(role\\|master_link_status\\|min_slaves_good_slaves\\):/\\1 /p'`;

function parse(answer: Answer): ReadonlyMap<string, string> {
  const pairs = answer.stdout.split("\n").map((line) => line.split(" ") as [string, string?]);
  return new Map(pairs.map(([name, value]) => [name, value ?? ""]));
}

function remaining(
  machine: Machine,
  found: ReadonlyMap<string, string>,
  wanted: Readonly<Record<string, string>>,
  password: string,
): readonly Step[] {
  const wait: Step = {
    title: "wait for the cache",
    machine: machine.name,
    commands: [],
    verify: follows(machine),
  };
  if (!found.has("answers")) return [wait];
  const steps: Step[] = [];
  const changed = Object.entries(wanted).filter(([name, value]) => found.get(name) !== value);
  const passwords = ["masterauth", "requirepass"].filter((name) => found.get(name) !== "same");
  if (changed.length > 0) {
    const names = changed.map(([name]) => name).join(", ");
    steps.push({ title: `set ${names}`, machine: machine.name, commands: [set(machine, changed.flat())] });
  }
  if (passwords.length > 0) {
    steps.push({
      title: "set the cache's password",
      machine: machine.name,
      commands: [setPasswords(machine, passwords, password)],
    });
  }
  const inService =
    (found.get("role") === "master" &&
      Number(found.get("min_slaves_good_slaves") ?? 0) >= Number(wanted["min-replicas-to-write"])) ||
    (found.get("role") === "slave" && found.get("master_link_status") === "up");
  return inService && steps.length === 0 ? [] : [...steps, wait];
}

function set(machine: Machine, pairs: readonly string[]): Command {
  return act(script(SET, [machine.address, String(PORTS.cache), CONFIG_PATH, ...pairs]));
}

const SET = `${PRESENT_PASSWORD}
REDISCLI_AUTH=$(present_password "$3")
export REDISCLI_AUTH
host=$1 port=$2
shift 3
redis-cli -e -h "$host" -p "$port" CONFIG SET "$@"
redis-cli -e -h "$host" -p "$port" CONFIG REWRITE`;

/** -x takes the last argument from standard input, so that no password is in the list of processes. */
function setPasswords(machine: Machine, names: readonly string[], password: string): Command {
  const args = [machine.address, String(PORTS.cache), CONFIG_PATH, ...names];
  return act(script(SET_PASSWORDS, args), { stdin: password });
}

const SET_PASSWORDS = `${PRESENT_PASSWORD}
IFS= read -r wanted
REDISCLI_AUTH=$(present_password "$3")
export REDISCLI_AUTH
host=$1 port=$2
shift 3
for name; do
  printf %s "$wanted" | redis-cli -e -x -h "$host" -p "$port" CONFIG SET "$name"
  [ "$name" = requirepass ] && REDISCLI_AUTH=$wanted
done
redis-cli -e -h "$host" -p "$port" CONFIG REWRITE`;

function follows(machine: Machine): Gate {
  return {
    title: "the cache has its role and its link",
    command: cacheProbe(machine),
    timeoutMs: 120_000,
    intervalMs: 500,
  };
}
