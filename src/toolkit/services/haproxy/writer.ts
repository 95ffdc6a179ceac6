import { PORTS } from "../../../contract/ports.ts";
import { act, ask, script, type Answer, type Command } from "../../steps/command.ts";
import type { Gate } from "../../steps/step.ts";
import { HAPROXY_SHELL } from "./runtime.ts";

/*
 * The database writer is the one entry of the listener's stick table, which the balancers share as peers. An entry
 * that names a server which is down is replaced at the next connection; nothing else moves it.
 */

/** What one balancer knows of the writer. */
export interface WriterView {
  /** The machine that the entry names; undefined while nobody has connected yet. */
  readonly writer: string | undefined;
  /** Whether each database server is up and administratively untouched. */
  readonly servers: ReadonlyMap<string, { readonly isUp: boolean; readonly isUntouched: boolean }>;
}

/** Asks a balancer. Exit code 0 also where its HAProxy does not run. */
export function askForWriter(): Command {
  return ask(script(`${HAPROXY_SHELL}\n${ASK}`));
}

/** Columns of `show servers state`: backend name, server name, operational and administrative state (guide 9.3). */
const ASK = `
running || exit 0
ask_worker 'show table database' | sed -n 's/.* server_key=\\([^ ]*\\).*/writer \\1/p'
ask_worker 'show stat' | awk -F , '$1 == "database" && $2 !~ /END$/ { print "status", $2, $18 }'
ask_worker 'show servers state database' | awk '/^[0-9]+ / { print "admin", $4, $7 }'`;

export function parseWriter({ stdout }: Answer): WriterView {
  const words = stdout.split("\n").map((line) => line.split(" "));
  const admin = new Map(words.filter(([kind]) => kind === "admin").map(([, name, state]) => [name!, state!]));
  return {
    writer: words.find(([kind]) => kind === "writer")?.[1],
    servers: new Map(
      words
        .filter(([kind]) => kind === "status")
        .map(([, name, ...status]) => [
          name!,
          // "UP 1/2" is about to go down.
          { isUp: status.join(" ") === "UP", isUntouched: Number(admin.get(name!)) === 0 },
        ]),
    ),
  };
}

/** Takes these servers out for the moment; their sessions end, and their clients connect again elsewhere. */
export function setAside(machines: readonly string[]): Command {
  return act(script(`${HAPROXY_SHELL}\n${SET_STATE}`, ["maint", ...machines]));
}

/** Takes that back. */
export function takeBack(machines: readonly string[]): Command {
  return act(script(`${HAPROXY_SHELL}\n${SET_STATE}`, ["ready", ...machines]));
}

const SET_STATE = `
state=$1
shift
running || exit 0
for machine; do told "set server database/$machine state $state"; done`;

/** Connects to the VIP, as the mail nodes do, so that the table has an entry even when they are all silent. */
export function connectOnce(vip: string): Command {
  return act(["socat", "-u", "OPEN:/dev/null", `TCP4:${vip}:${PORTS.database},connect-timeout=5`]);
}

/** Whether this balancer's table names the machine, and its server is up; or its HAProxy is stopped. */
export function namesWriter(machine: string): Gate {
  return {
    title: `${machine} is the database writer`,
    command: ask(script(`${HAPROXY_SHELL}\n${NAMES}`, [machine])),
    timeoutMs: 20_000,
    intervalMs: 300,
  };
}

const NAMES = `
running || exit 0
named=$(ask_worker 'show table database' | sed -n 's/.* server_key=\\([^ ]*\\).*/\\1/p')
[ "$named" = "$1" ] || { echo "the writer is \${named:-nobody}" >&2; exit 1; }
ask_worker 'show stat' | awk -F , -v machine="$1" '$1 == "database" && $2 == machine && $18 == "UP" { up = 1 } END { exit !up }' ||
  { echo "database/$1 is not up" >&2; exit 1; }`;

/** Whether these servers may be used again; or the HAProxy of this balancer is stopped. */
export function areInReserve(machines: readonly string[]): Gate {
  return {
    title: `${machines.join(" and ")} stand by`,
    command: ask(script(`${HAPROXY_SHELL}\n${IN_RESERVE}`, machines)),
    timeoutMs: 30_000,
    intervalMs: 500,
  };
}

const IN_RESERVE = `
running || exit 0
for machine; do
  status=$(ask_worker 'show stat' | awk -F , -v machine="$machine" '$1 == "database" && $2 == machine { print $18 }')
  [ "$status" = UP ] || { echo "database/$machine is $status" >&2; exit 1; }
done`;
