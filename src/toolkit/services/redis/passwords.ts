import { PORTS } from "../../../contract/ports.ts";
import { act, ask, script, type Command } from "../../steps/command.ts";
import type { Gate } from "../../steps/step.ts";
import type { Machine } from "../../topology/topology.ts";
import { CONFIG_PATH, PRESENT_PASSWORD } from "./names.ts";

/**
 * Lets the cache take one password more besides those that it takes, over a restart too: the default user of its
 * access list may have several (redis.io, ACL SETUSER), and CONFIG REWRITE keeps them. To set `requirepass` later on
 * leaves that one alone.
 */
export function acceptToo(machine: Machine, password: string): Command {
  return act(script(ACCEPT_TOO, args(machine)), { stdin: `${password}\n` });
}

/** Whether the cache takes this password. */
export function accepts(machine: Machine, password: string): Gate {
  return {
    title: "the cache takes the new password",
    command: ask(script(ACCEPTS, args(machine)), { stdin: `${password}\n` }),
    timeoutMs: 30_000,
    intervalMs: 500,
  };
}

function args({ address }: Machine): readonly string[] {
  return [address, String(PORTS.cache), CONFIG_PATH];
}

/** -x takes the last argument from standard input, so that no password is in the list of processes. */
const ACCEPT_TOO = `${PRESENT_PASSWORD}
IFS= read -r wanted
REDISCLI_AUTH=$(present_password "$3")
export REDISCLI_AUTH
printf '>%s' "$wanted" | redis-cli -e -x -h "$1" -p "$2" ACL SETUSER default
redis-cli -e -h "$1" -p "$2" CONFIG REWRITE`;

const ACCEPTS = `
IFS= read -r REDISCLI_AUTH
export REDISCLI_AUTH
said=$(timeout 5 redis-cli -h "$1" -p "$2" PING 2>&1) || true
[ "$said" = PONG ] || { echo "$said" >&2; exit 1; }`;
