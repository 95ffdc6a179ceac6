import { act, script, type Command } from "../../steps/command.ts";
import { DATA_DIRECTORY, LEFT_OUT_FILE } from "./names.ts";

/** A large database that is copied from one disk to another takes hours. */
const MOVE_TIMEOUT_MS = 24 * 3_600_000;

/**
 * Shell functions. `entries` lists what is in a folder. `take` brings what is in folder $1 into folder $2 and onto the disk,
 * and goes on where a machine has died in the middle; what had to be copied is then still in $1 as well. `set_aside`
 * empties folder $1 into the folder $2, or $2-2 and so on where that is there.
 *
 * What can be renamed is: mv would copy what it cannot rename, and leave half a folder in which a second mv gives up; so
 * perl, which is on every Debian, does no more than the system's call. The rest is on another disk. It is there as a
 * whole, and on the disk, before any of it is deleted here, which the name of the one folder says: it is not copied a
 * second time then, as a machine that has died starts its server on what is left.
 */
const MOVE = `
entries() {
  from=$1
  shift
  find "$from" -mindepth 1 -maxdepth 1 ! -name lost+found "$@"
}
take() {
  entries "$1" -exec perl -e 'my $to = shift; for (@ARGV) { m{([^/]+)$}; rename $_, "$to/$1" }' "$2" {} +
  if [ -n "$(entries "$1" -print -quit)" ]; then
    needed=$(($(du -sk "$1" | cut -f 1) - $(du -sk "$2" | cut -f 1)))
    free=$(df -Pk "$2" | awk 'NR == 2 { print $4 }')
    [ "$needed" -lt "$free" ] || { echo "$1 needs $needed KiB more, and there are $free KiB free for $2" >&2; exit 1; }
    entries "$1" -exec cp -a -t "$2" -- {} +
  fi
  sync
}
set_aside() {
  if [ ! -d "$2.moved" ]; then
    [ -d "$2.moving" ] || [ -n "$(entries "$1" -print -quit)" ] || return 0
    mkdir -p "$2.moving"
    chown --reference="$1" "$2.moving"
    chmod 0700 "$2.moving"
    take "$1" "$2.moving"
    mv "$2.moving" "$2.moved"
    sync
  fi
  entries "$1" -exec rm -rf -- {} +
  sync
  kept=$2
  count=1
  while [ -e "$kept" ]; do
    count=$((count + 1))
    kept=$2-$count
  done
  mv "$2.moved" "$kept"
}`;

/**
 * Empties a folder into another one and deletes nothing. The folder itself stays: it may be where a disk is mounted.
 * Refuses where the other one lies on a disk that has not the room.
 *
 * Done again, it leaves alone what was set aside: a server that was started since, as a machine that has died starts it,
 * has made files of the same names. They go beside it, into a folder with a number behind its name.
 */
export function setAside(folder: string, aside: string): Command {
  return act(script(SET_ASIDE, [folder, aside]), { timeoutMs: MOVE_TIMEOUT_MS });
}

const SET_ASIDE = `${MOVE}
[ -d "$1" ] || exit 0
set_aside "$1" "$2"`;

/**
 * Puts a prepared copy where the server has its data, which then hold nothing else: what a server has left there since
 * they were set aside goes the same way. Until the copy is there as a whole no server starts on it. No saved state comes with it, so that the server that begins with these data
 * begins a new history; nor do the notes of the backup program, nor the empty log that it leaves where nothing had to be
 * played, as its own --move-back does not move them either. That one breaks off at whatever an earlier attempt of it has
 * moved.
 */
export function moveBack(folder: string, aside: string): Command {
  return act(script(MOVE_BACK, [folder, DATA_DIRECTORY, aside, LEFT_OUT_FILE]), {
    timeoutMs: MOVE_TIMEOUT_MS,
  });
}

const MOVE_BACK = `${MOVE}
if [ -d "$1" ]; then
  set_aside "$2" "$3"
  mv "$1" "$1.moving"
fi
if [ -d "$1.moving" ]; then
  : >"$4"
  take "$1.moving" "$2"
  mv "$1.moving" "$1.moved"
  sync
fi
rm -rf "$1.moved"
rm -f "$2/grastate.dat" "$2/gvwstate.dat" "$2/backup-my.cnf" "$2"/xtrabackup_* "$2"/mariadb_backup_*
[ -s "$2/ib_logfile0" ] || rm -f "$2/ib_logfile0"
chown -R mysql:mysql "$2"
rm -f "$4"`;

/**
 * Takes the saved state away, so that the server begins a new history with its data: one that was started before, and
 * found nobody, has left one that forbids it to begin.
 */
export function forgetHistory(): Command {
  return act(["rm", "-f", `${DATA_DIRECTORY}/grastate.dat`, `${DATA_DIRECTORY}/gvwstate.dat`]);
}
