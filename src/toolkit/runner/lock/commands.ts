import { act, ask, script, type Command } from "../../steps/command.ts";
import { RUNS } from "./places.ts";

/** What the lock asks of one machine. Every script prints the lock that it met, see parseLock. */

const LOCK_TIMEOUT_MS = 20_000;

/** Exit codes of the scripts below; none of them is one that a shell gives itself. */
export const LOCK_EXIT = { held: 75, lost: 86 } as const;

/*
 * Age by uptime, as clocks jump. After a reboot the time since the boot is a lower bound of it.
 */
const SHOW = `
show() {
  [ -d "$home/lock" ] || return 0
  read -r boot then < "$home/lock/beat"
  read -r now _ < /proc/uptime
  now=\${now%.*}
  if [ "$boot" = "$(cat /proc/sys/kernel/random/boot_id)" ]; then now=$((now - then)); fi
  printf 'token %s\\nage %s\\nholder %s\\n' "$(cat "$home/lock/token")" "$now" "$(cat "$home/lock/holder")"
}`;

const BEAT = `
beat() {
  read -r now _ < /proc/uptime
  printf '%s %s\\n' "$(cat /proc/sys/kernel/random/boot_id)" "\${now%.*}" > "$1/beat.new"
  mv -f "$1/beat.new" "$1/beat"
}`;

/*
 * The lock is a directory that is filled first and then renamed into its place: that fails where another one is, and
 * nobody ever sees a lock without a holder. What is taken over is named by its token, so that of two who found the
 * same stale lock one gets it; and only when no command of the old holder runs any more, which the fence tells. That may
 * take minutes, so its first sign of life comes after it.
 */
const ACQUIRE = `
home=$1 token=$2 stale=$3
umask 077
install -d -m 0700 "$home"
: >> "$home/fence"
${SHOW}
${BEAT}
if [ -d "$home/lock" ] && [ "$(cat "$home/lock/token")" != "$stale" ]; then
  show
  [ "$(cat "$home/lock/token")" = "$token" ] || exit ${LOCK_EXIT.held}
  exit 0
fi
mine="$home/lock.$token"
rm -rf "$mine"
mkdir "$mine"
cat > "$mine/holder"
printf '%s' "$token" > "$mine/token"
exec 9< "$home/fence"
flock --exclusive --timeout 600 9
beat "$mine"
if [ -d "$home/lock" ] && [ "$(cat "$home/lock/token")" = "$stale" ]; then rm -rf "$home/lock"; fi
if ! mv -T "$mine" "$home/lock" 2> /dev/null; then
  rm -rf "$mine"
  show
  exit ${LOCK_EXIT.held}
fi
show`;

/** Takes the lock, or the place of the lock with the token `instead`. The holder travels on standard input. */
export function acquireCommand(token: string, holder: string, instead = ""): Command {
  return act(script(ACQUIRE, [RUNS, token, instead]), { stdin: holder, timeoutMs: 620_000 });
}

const RENEW = `
home=$1
${BEAT}
[ "$(cat "$home/lock/token" 2> /dev/null)" = "$2" ] || exit ${LOCK_EXIT.lost}
beat "$home/lock"`;

/** Tells the machine that the holder lives. Exit code 86 when the lock is another's by now. */
export function renewCommand(token: string): Command {
  return act(script(RENEW, [RUNS, token]), { timeoutMs: LOCK_TIMEOUT_MS });
}

const RELEASE = `
home=$1
[ "$(cat "$home/lock/token" 2> /dev/null)" = "$2" ] || exit 0
mv -T "$home/lock" "$home/gone.$2"
rm -rf "$home/gone.$2"`;

/** Gives the lock back; does nothing where it is another's. */
export function releaseCommand(token: string): Command {
  return act(script(RELEASE, [RUNS, token]), { timeoutMs: LOCK_TIMEOUT_MS });
}

/** Prints the lock, or nothing. */
export function showLockCommand(): Command {
  return ask(script(`home=$1\n${SHOW}\nshow`, [RUNS]), { timeoutMs: LOCK_TIMEOUT_MS });
}
