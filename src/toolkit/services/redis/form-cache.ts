import { PORTS } from "../../../contract/ports.ts";
import { ask, script, type Answer, type Command } from "../../steps/command.ts";
import type { Phase } from "../../steps/phase.ts";
import type { Gate, Step } from "../../steps/step.ts";
import { machineNamed, machinesWith, type Machine, type Topology } from "../../topology/topology.ts";
import type { FormContext } from "../service.ts";
import { CONFIG_PATH, PASSWORD_SECRET, PRESENT_PASSWORD } from "./names.ts";
import { cacheProbe } from "./probe.ts";
import { setInCache, setPasswords } from "./set-in-cache.ts";
import { redisSettings } from "./settings.ts";

/**
 * Brings the running caches to the settings of the topology and waits until replicas follow.
 *
 * Who is master is not decided here: the seed says it once, Sentinel from then on.
 */
export function formCachePhase(context: FormContext): Phase {
  const { topology } = context;
  const wanted = redisSettings(topology);
  const password = `${context.secret(PASSWORD_SECRET)}\n`;
  return {
    title: "form the cache",
    machines: machinesWith(topology, "cache").map((machine) => machine.name),
    observe: (name) => observe(topology, name, Object.keys(wanted), password),
    decide: (answers) => {
      const steps = [...answers].flatMap(([name, answer]) =>
        remaining(machineNamed(topology, name), parse(answer), wanted, password),
      );
      return steps.length > 0 ? [steps] : [];
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
  const verify = follows(machine);
  if (!found.has("answers"))
    return [{ title: "wait for the cache", machine: machine.name, commands: [], verify }];
  const changed = Object.entries(wanted).filter(([name, value]) => found.get(name) !== value);
  // The first is what it logs in with to others: a link that breaks on the second comes back with it.
  const passwords = ["masterauth", "requirepass"].filter((name) => found.get(name) !== "same");
  const commands = [
    ...(changed.length > 0 ? [setInCache(machine, changed.flat())] : []),
    ...(passwords.length > 0 ? [setPasswords(machine, passwords, password)] : []),
  ];
  const names = [...changed.map(([name]) => name), ...passwords].join(", ");
  const title = commands.length > 0 ? `set ${names}` : "wait for the cache";
  const done = commands.length === 0 && inService(found, wanted);
  return done ? [] : [{ title, machine: machine.name, commands, verify }];
}

function inService(found: ReadonlyMap<string, string>, wanted: Readonly<Record<string, string>>): boolean {
  if (found.get("role") === "slave") return found.get("master_link_status") === "up";
  const good = Number(found.get("min_slaves_good_slaves") ?? 0);
  return found.get("role") === "master" && good >= Number(wanted["min-replicas-to-write"]);
}

function follows(machine: Machine): Gate {
  return {
    title: "the cache has its role and its link",
    command: cacheProbe(machine),
    timeoutMs: 120_000,
    intervalMs: 500,
  };
}
