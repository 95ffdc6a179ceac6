import { DRAIN_MARKS } from "../../../contract/drain-mark.ts";
import { act, ask, script, type Command } from "../../steps/command.ts";
import type { Gate, Step } from "../../steps/step.ts";
import { putMark, removeMark } from "../drain-marks.ts";
import { PATHS } from "./paths.ts";
import { HAPROXY_SHELL } from "./runtime.ts";

/*
 * What a balancer is told and asked about a machine that is drained. All of it holds, and does nothing, on a balancer
 * whose HAProxy is stopped: that one reads the marks when it starts.
 */

/** Where a balancer keeps that a machine is drained. */
export function balancerMark(machine: string): string {
  return `${DRAIN_MARKS.balancer}/${machine}`;
}

/** Sends no new session to the machine from here, now and after every restart; sessions that run go on. */
export function takeOut(machine: string, mark: string): readonly Command[] {
  return [putMark(balancerMark(machine), mark), act(haproxy(TAKE_OUT, [machine]))];
}

/**
 * Takes that back, in the running process and in what was saved of an earlier one: a process that dies without a word
 * saves nothing, and the next would begin with the drain again, with no mark that says whose it is.
 */
export function putBack(machine: string): readonly Command[] {
  return [
    removeMark(balancerMark(machine)),
    act(haproxy(PUT_BACK, [machine])),
    act(script(`${HAPROXY_SHELL}\n${FORGET}`, [PATHS.stateFolder, machine])),
  ];
}

/** HAProxy's own word that it sends the machine no new session. */
export function isOut(machine: string): Gate {
  return {
    title: `${machine} is drained in every listener`,
    command: ask(haproxy(IS_OUT, [machine])),
    timeoutMs: 10_000,
    intervalMs: 500,
  };
}

/** HAProxy's own word that the machine's servers are up and not drained. */
export function isServing(machine: string): Gate {
  return {
    title: `${machine} is up in every listener`,
    command: ask(haproxy(IS_SERVING, [machine])),
    timeoutMs: 60_000,
    intervalMs: 500,
  };
}

/** Waits until the machine has no mail session through this balancer, for `seconds` at most. Ends with 0 either way. */
export function letSessionsEnd(machine: string, seconds: number): Command {
  return ask(haproxy(LET_SESSIONS_END, [machine, String(seconds)]), { timeoutMs: (seconds + 30) * 1000 });
}

/** Whether any process of this balancer, those that a reload left behind too, has a mail session with the machine. */
export function noMailSession(machine: string, timeoutMs: number): Gate {
  return {
    title: `no session with ${machine} is left in any HAProxy process`,
    command: ask(haproxy(NO_MAIL_SESSION, [machine])),
    timeoutMs,
    intervalMs: 1000,
  };
}

/** Breaks the mail sessions with the machine off, in every process. */
export function endMailSessions(machine: string): Command {
  return act(haproxy(END_MAIL_SESSIONS, [machine]));
}

/** Whether this balancer sends what is for the listener to another machine. */
export function hasMoved(listener: "database" | "cache", machine: string): Gate {
  return {
    title: `the ${listener} sessions go to another machine than ${machine}`,
    command: ask(haproxy(HAS_MOVED, [listener, machine])),
    timeoutMs: 30_000,
    intervalMs: 500,
  };
}

/** Whether this balancer holds the machine's server for fit: as the one that is used, or in reserve. */
export function hasReturned(listener: "database", machine: string): Gate {
  return {
    title: `the ${listener} of ${machine} is up`,
    command: ask(haproxy(HAS_RETURNED, [listener, machine])),
    timeoutMs: 60_000,
    intervalMs: 500,
  };
}

/**
 * On a balancer: ends the sessions of a listener with the machine, in every process. The present one does so by itself
 * when the server goes down; one that a reload left behind checks no servers any more.
 */
export function endWhatIsLeft(listener: "database" | "cache", machine: string): Omit<Step, "machine"> {
  return {
    title: `end what is left of ${listener} sessions with ${machine}`,
    commands: [act(haproxy(END_SESSIONS, [listener, machine]))],
    verify: {
      title: `no ${listener} session with ${machine} is left`,
      command: ask(haproxy(NO_SESSION, [listener, machine])),
      timeoutMs: 30_000,
      intervalMs: 500,
    },
  };
}

function haproxy(text: string, args: readonly string[]): readonly string[] {
  return script(`${HAPROXY_SHELL}\nrunning || exit 0\n${text}`, args);
}

const TAKE_OUT = `for listener in $mail_listeners; do told "set server $listener/$1 state drain"; done`;
const PUT_BACK = `for listener in $mail_listeners; do told "set server $listener/$1 state ready"; done`;

/** Under every name: which of them is loaded depends on the configuration. A file of another format is left alone. */
const FORGET = `
for saved in "$1"/server-state-*; do
  [ -f "$saved" ] && [ "$(head -n 1 "$saved")" = 1 ] || continue
  awk -v machine="$2" -v listeners=" $mail_listeners " '
    $4 == machine && index(listeners, " " $2 " ") && int($7 / 8) % 2 { $7 -= 8 }
    { print }' "$saved" >"$saved.new"
  sync "$saved.new"
  mv -f "$saved.new" "$saved"
done
sync "$1"`;

/** Bit 8 of the administrative state: drained by somebody; operational state 2: up (management guide 9.3). */
const STATES = `
state=$(ask_worker 'show servers state')
operational() { echo "$state" | awk -v l="$1" -v m="$2" '$2 == l && $4 == m { print $6 }'; }
administrative() { echo "$state" | awk -v l="$1" -v m="$2" '$2 == l && $4 == m { print $7 }'; }
wrong() { echo "$1: operational state $(operational "\${1%/*}" "\${1#*/}"), administrative state $(administrative "\${1%/*}" "\${1#*/}")" >&2; exit 1; }`;

const IS_OUT = `${STATES}
for listener in $mail_listeners; do
  admin=$(administrative "$listener" "$1")
  [ -n "$admin" ] && [ $((admin & 8)) -ne 0 ] || wrong "$listener/$1"
done`;

const IS_SERVING = `${STATES}
for listener in $mail_listeners; do
  [ "$(operational "$listener" "$1")" = 2 ] && [ "$(administrative "$listener" "$1")" = 0 ] || wrong "$listener/$1"
done`;

const LET_SESSIONS_END = `
left=$2
while [ "$left" -gt 0 ] && [ -n "$(mail_sessions "$1")" ]; do sleep 1; left=$((left - 1)); done`;

const NO_MAIL_SESSION = `
left=$(mail_sessions "$1")
[ -z "$left" ] || { echo "sessions left:" $left >&2; exit 1; }`;

const END_MAIL_SESSIONS = `for listener in $mail_listeners; do end_sessions "$listener/$1"; done`;

/** The status may go on: "UP 1/2" is up, and about to go down. */
const HAS_MOVED = `
ask_worker 'show stat' | awk -F , -v listener="$1" -v machine="$2" '
  $1 == listener && $2 == machine { gone = $18 !~ /^UP/; said = $18 }
  $1 == listener && $2 != machine && $2 != "FRONTEND" && $2 != "BACKEND" && $18 ~ /^UP/ { other = 1 }
  END {
    if (gone && other) exit 0
    print listener "/" machine " is " said ", " (other ? "others are up" : "no other is up") > "/dev/stderr"
    exit 1
  }'`;

const HAS_RETURNED = `
said=$(ask_worker 'show stat' | awk -F , -v listener="$1" -v machine="$2" '$1 == listener && $2 == machine { print $18 }')
case $said in UP*) ;; *) echo "$1/$2 is $said" >&2; exit 1 ;; esac`;

const END_SESSIONS = `end_sessions "$1/$2"`;

const NO_SESSION = `
left=$(every_stat | awk -F , -v listener="$1" -v machine="$2" '
  $1 == listener && $2 == machine { sum += $5 } END { print sum + 0 }')
[ "$left" -eq 0 ] || { echo "$left sessions left" >&2; exit 1; }`;
