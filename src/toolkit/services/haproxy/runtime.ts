import { MAIL_LISTENERS, PATHS, UNIT } from "./paths.ts";

/**
 * Shell functions to speak with a running HAProxy. What it answers to a command that went well is an empty line; there
 * is no exit code, any word is a refusal (HAProxy management guide 9.3).
 *
 * A reload leaves the process before it alive for as long as it has sessions, and only the master process knows that
 * one: \`show stat\` of the present process counts none of its sessions.
 */
export const HAPROXY_SHELL = `
running() { systemctl is-active --quiet ${UNIT}; }
ask_worker() { printf '%s\\n' "$1" | socat -t 10 - UNIX-CONNECT:${PATHS.adminSocket}; }
ask_master() { printf '%s\\n' "$1" | socat -t 10 - UNIX-CONNECT:${PATHS.masterSocket}; }
old_workers() {
  ask_master 'show proc' | awk '/^#/ { old = /^# old workers/; next } old && $2 == "worker" { print $1 }'
}
every_stat() {
  ask_worker 'show stat'
  for pid in $(old_workers); do ask_master "@!$pid show stat"; done
}
told() {
  said=$(ask_worker "$1")
  [ -z "$said" ] || { echo "$1: $said" >&2; return 1; }
}
end_sessions() {
  told "shutdown sessions server $1"
  for pid in $(old_workers); do ask_master "@!$pid shutdown sessions server $1" >/dev/null; done
}
is_one_of() { case " $2 " in *" $1 "*) ;; *) return 1 ;; esac; }
mail_listeners='${MAIL_LISTENERS.join(" ")}'
# "listener count" of the sessions with the servers of machine $1, of every process together.
mail_sessions() {
  every_stat | awk -F , -v machine="$1" -v listeners=" $mail_listeners " '
    $2 == machine && index(listeners, " " $1 " ") { count[$1] += $5 }
    END { for (name in count) if (count[name] > 0) print name, count[name] }'
}`;
