import { act, script, type Command } from "../../steps/command.ts";
import { DATA_DIRECTORY } from "./names.ts";

/** A large database that is copied from one disk to another takes hours. */
const MOVE_TIMEOUT_MS = 24 * 3_600_000;

/**
 * A shell function: moves what is in folder $1 into folder $2, and goes on where a machine has died in the middle.
 *
 * What can be renamed is: mv would copy what it cannot rename, and leave half a folder in which a second mv gives up; so
 * perl, which is on every Debian, does no more than the system's call. The rest is on another disk. It is there as a
 * whole, and on the disk, before any of it is deleted here; $2 may then hold the only copy, and is never cleared.
 */
const MOVE = `
entries() {
  from=$1
  shift
  find "$from" -mindepth 1 -maxdepth 1 ! -name lost+found "$@"
}
move() {
  entries "$1" -exec perl -e 'my $to = shift; for (@ARGV) { m{([^/]+)$}; rename $_, "$to/$1" }' "$2" {} +
  if [ -n "$(entries "$1" -print -quit)" ]; then
    needed=$(($(du -sk "$1" | cut -f 1) - $(du -sk "$2" | cut -f 1)))
    free=$(df -Pk "$2" | awk 'NR == 2 { print $4 }')
    [ "$needed" -lt "$free" ] || { echo "$1 needs $needed KiB more, and there are $free KiB free for $2" >&2; exit 1; }
    entries "$1" -exec cp -a -t "$2" -- {} +
    sync
    entries "$1" -exec rm -rf -- {} +
  fi
  sync
}`;

/**
 * Empties a folder into another one and deletes nothing. The folder itself stays: it may be where a disk is mounted.
 * Refuses where the other one lies on a disk that has not the room.
 */
export function setAside(folder: string, aside: string): Command {
  return act(script(SET_ASIDE, [folder, aside]), { timeoutMs: MOVE_TIMEOUT_MS });
}

const SET_ASIDE = `${MOVE}
[ -d "$1" ] || exit 0
mkdir -p "$2"
chown --reference="$1" "$2"
chmod 0700 "$2"
move "$1" "$2"`;

/**
 * Puts a prepared copy where the server has its data, which must be empty, or be what an earlier attempt has put there.
 * No saved state comes with it, so that the server that begins with these data begins a new history; nor do the notes
 * of the backup program, nor the empty log that it leaves where nothing had to be played, as its own --move-back does not
 * move them either. That one breaks off at whatever an earlier attempt of it has moved.
 */
export function moveBack(folder: string): Command {
  return act(script(MOVE_BACK, [folder, DATA_DIRECTORY]), { timeoutMs: MOVE_TIMEOUT_MS });
}

const MOVE_BACK = `${MOVE}
if [ -d "$1" ]; then
  move "$1" "$2"
  rm -rf "$1"
fi
rm -f "$2/grastate.dat" "$2/gvwstate.dat" "$2/backup-my.cnf" "$2"/xtrabackup_* "$2"/mariadb_backup_*
[ -s "$2/ib_logfile0" ] || rm -f "$2/ib_logfile0"
chown -R mysql:mysql "$2"`;
