import { DRAIN_MARKS } from "../../../contract/drain-mark.ts";
import { PORTS } from "../../../contract/ports.ts";
import { act, ask, script, type Command } from "../../steps/command.ts";
import type { Gate } from "../../steps/step.ts";
import { HAPROXY_SHELL } from "../haproxy/runtime.ts";
import { PUT_MARK, removeMark } from "../drain-marks.ts";
import { UNIT } from "./files.ts";

/** What the drop of new connections lives under while a handover lasts; not a generated file, gone with it. */
const TABLE = "mailbastion_handover";
const TIMER = "mailbastion-handover-end";
/** What clients outside the cluster use. Database and cache go on: who uses them connects again at once. */
const PORTS_HELD_BACK = [PORTS.smtp, PORTS.submissions, PORTS.submission, PORTS.console].join(", ");
/** Beyond the wait for sessions: how long after it keepalived may take. In seconds. */
const MARGIN_S = 30;

/**
 * Hands the VIP over so that no session breaks where it can be helped, or, on a machine that does not bear it, sees
 * that it will not.
 *
 * New connections are dropped without an answer, so that their clients send again within a second or a few, as TCP
 * does, and meet the next holder; those that run get `seconds` to end. Only then keepalived is told to let go. One
 * script, because a laptop that goes away in the middle must leave no machine that drops connections; and a timer of
 * systemd besides, for the case that the script itself is killed.
 */
export function handOver(vip: string, mark: string, seconds: number): Command {
  return letGo(PUT_VIP_MARK, [vip, DRAIN_MARKS.vip], seconds, mark);
}

/** The same on a machine that is no balancer any more: keepalived is stopped there, and not started again. */
export function leaveVip(vip: string, seconds: number): Command {
  return letGo(STOP_FOR_GOOD, [vip, UNIT], seconds, "");
}

/** @param args the VIP, and what the shell text `how` takes as "$about" */
function letGo(how: string, args: readonly [string, string], seconds: number, stdin: string): Command {
  return act(script(handOverBy(how), [...args, String(seconds), String(seconds + MARGIN_S)]), {
    stdin,
    timeoutMs: (seconds + 2 * MARGIN_S) * 1000,
  });
}

/** Lets this balancer bear the VIP again; it takes it when nobody does, or preempts if the description says so. */
export function mayBearVip(): readonly Command[] {
  return [removeMark(DRAIN_MARKS.vip), act(script(LET_IN))];
}

/** Whether the VIP is on another machine, and served there. */
export function vipIsElsewhere(vip: string): Gate {
  return {
    title: `${vip} is borne and served by another machine`,
    command: ask(script(IS_ELSEWHERE, [vip, String(PORTS.console)])),
    timeoutMs: 15_000,
    intervalMs: 500,
  };
}

/** The line of the address, when this machine bears it; by address, as keepalived's own state proves nothing. */
export function vipHere(vip: string): Command {
  return ask(["ip", "-o", "-4", "address", "show", "to", `${vip}/32`]);
}

/** Adding it first makes the deletion work where there is none. */
const LET_IN = `
printf 'add table inet ${TABLE}\\ndelete table inet ${TABLE}\\n' | nft -f -
systemctl stop ${TIMER}.timer 2>/dev/null || true`;

const PUT_VIP_MARK = `printf '%s\\n' "$text" | put_mark "$about"`;
const STOP_FOR_GOOD = `systemctl disable --now "$about"`;

const handOverBy = (how: string): string => `${HAPROXY_SHELL}
${PUT_MARK}
let_in() {${LET_IN}
}
bears() { [ -n "$(ip -o -4 address show to "$vip/32")" ]; }
# Of clients outside: in mail a session, on the web a request, as an idle browser needs nobody's patience.
outside() {
  running || { echo 0; return; }
  every_stat | awk -F , '
    $1 ~ /^(smtp|submissions?)$/ && $2 == "FRONTEND" { sum += $5 }
    $1 == "console" && $2 !~ /^(FRONTEND|BACKEND)$/ { sum += $5 }
    END { print sum + 0 }'
}
vip=$1 about=$2 left=$3
text=$(cat)
if bears; then
  trap let_in EXIT
  trap 'exit 1' HUP INT TERM
  systemctl stop ${TIMER}.timer 2>/dev/null || true
  systemd-run --quiet --collect --on-active="$4" --timer-property=AccuracySec=1s --unit=${TIMER} nft delete table inet ${TABLE}
  nft -f - <<RULES
add table inet ${TABLE}
delete table inet ${TABLE}
table inet ${TABLE} {
  chain input {
    type filter hook input priority filter - 10;
    ip daddr $vip tcp dport { ${PORTS_HELD_BACK} } tcp flags & (syn | ack) == syn drop
  }
}
RULES
  while [ "$left" -gt 0 ] && [ "$(outside)" -gt 0 ]; do sleep 1; left=$((left - 1)); done
  cut=$(outside)
  [ "$cut" -eq 0 ] || logger -t mailbastion "the VIP goes while $cut sessions through this balancer are open"
fi
${how}
waits=20
while bears && [ "$waits" -gt 0 ]; do sleep 0.5; waits=$((waits - 1)); done
! bears || { echo "keepalived did not give $vip up" >&2; exit 1; }`;

const IS_ELSEWHERE = `
[ -z "$(ip -o -4 address show to "$1/32")" ] || { echo "$1 is still here" >&2; exit 1; }
socat -u OPEN:/dev/null "TCP4:$1:$2,connect-timeout=2"`;
