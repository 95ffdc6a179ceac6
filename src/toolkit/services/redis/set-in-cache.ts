import { PORTS } from "../../../contract/ports.ts";
import { act, script, type Command } from "../../steps/command.ts";
import type { Machine } from "../../topology/topology.ts";
import { CONFIG_PATH, PRESENT_PASSWORD, STOPPED } from "./names.ts";

/** Sets settings in the running server and in its file. */
export function setInCache(machine: Machine, pairs: readonly string[]): Command {
  return act(script(SET, [machine.address, String(PORTS.cache), CONFIG_PATH, ...pairs]));
}

const SET = `${PRESENT_PASSWORD}
REDISCLI_AUTH=$(present_password "$3")
export REDISCLI_AUTH
host=$1 port=$2
shift 3
redis-cli -e -h "$host" -p "$port" CONFIG SET "$@"
redis-cli -e -h "$host" -p "$port" CONFIG REWRITE`;

/** The same of one setting; where the server is stopped, in its file, which it reads when it starts. */
export function setInCacheOrItsFile(machine: Machine, name: string, value: string): Command {
  const args = [machine.address, String(PORTS.cache), CONFIG_PATH, name, value];
  return act(script(`${SET_WHERE_STOPPED}${SET}`, args));
}

/** By a file of the same owner and mode that takes its place whole, as Redis does it. */
const SET_WHERE_STOPPED = `${STOPPED}
if stopped; then
  cp -p "$3" "$3.new"
  awk -v name="$4" -v value="$5" '$1 != name { print } END { print name, value }' "$3" >"$3.new"
  sync "$3.new"
  mv -f "$3.new" "$3"
  sync "\${3%/*}"
  exit
fi`;

/**
 * Sets these passwords, "masterauth" or "requirepass", in the running server and in its file.
 *
 * -x takes the last argument from standard input, so that no password is in the list of processes.
 */
export function setPasswords(machine: Machine, names: readonly string[], password: string): Command {
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
