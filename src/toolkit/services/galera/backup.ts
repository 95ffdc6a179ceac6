import { act, script, type Command, type LocalFile } from "../../steps/command.ts";
import { DATA_DIRECTORY } from "./names.ts";

/** A large database over a slow line takes hours; a connection that breaks is noticed much earlier. */
const COPY_TIMEOUT_MS = 24 * 3_600_000;

/**
 * A consistent copy of all data while the server works, as one compressed stream (mariadb.com/kb: mariadb-backup,
 * --stream=mbstream). Root logs in by the socket: there is no password. The exit code is that of the copy, not of the
 * compression.
 */
export function streamDatabase(into: LocalFile): Command {
  return act(script(STREAM), { stdout: into, timeoutMs: COPY_TIMEOUT_MS });
}

const STREAM = `
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
exec 3>&1
code=$( {
  { mariabackup --backup --stream=mbstream --galera-info --user=root --target-dir="$scratch" \\
      2>"$scratch/said" 3>&-; echo $? >&4; } | zstd --quiet -3 >&3
} 4>&1 ) || code=1
[ "$code" = 0 ] || { tail -n 20 "$scratch/said" >&2; exit 1; }`;

/**
 * Empties a folder into another one and deletes nothing. The folder itself stays: it may be where a disk is mounted.
 * Refuses where the other one lies on a disk that has not the room.
 */
export function setAside(folder: string, aside: string): Command {
  return act(script(SET_ASIDE, [folder, aside]), { timeoutMs: COPY_TIMEOUT_MS });
}

const SET_ASIDE = `
[ -d "$1" ] || exit 0
mkdir -p "$2"
chown --reference="$1" "$2"
chmod 0700 "$2"
if [ "$(stat -c %d "$1")" != "$(stat -c %d "$2")" ]; then
  needed=$(du -sk "$1" | cut -f 1)
  free=$(df -Pk "$2" | awk 'NR == 2 { print $4 }')
  [ "$needed" -lt "$free" ] || { echo "$1 holds $needed KiB, and there are $free KiB free for $2" >&2; exit 1; }
fi
find "$1" -mindepth 1 -maxdepth 1 ! -name lost+found -exec mv -t "$2" -- {} +`;

/** Takes the stream that streamDatabase made and unpacks it into a new folder. */
export function unpackDatabase(from: LocalFile, folder: string): Command {
  return act(script(UNPACK, [folder]), { stdin: from, timeoutMs: COPY_TIMEOUT_MS });
}

const UNPACK = `
rm -rf "$1"
install -d -m 0700 "$1"
exec 3>&1
code=$( { { zstd --quiet -d; echo $? >&4; } | mbstream -x -C "$1" >&3; } 4>&1 ) || code=1
[ "$code" = 0 ] || { echo "the copy does not unpack" >&2; exit 1; }
[ -s "$1/xtrabackup_checkpoints" ] || { echo "the copy is not whole" >&2; exit 1; }`;

/** Makes the unpacked copy consistent: what was written during the copy is played or taken back. */
export function prepareDatabase(folder: string): Command {
  return act(script(PREPARE, [folder]), { timeoutMs: COPY_TIMEOUT_MS });
}

const PREPARE = `
said=$(mariabackup --prepare --target-dir="$1" 2>&1) || { printf '%s\\n' "$said" | tail -n 20 >&2; exit 1; }`;

/**
 * Puts the prepared copy where the server has its data, which must be empty, or be what an earlier attempt has put
 * there. No saved state comes with it: the server that begins with these data begins a new history.
 */
export function moveBack(folder: string): Command {
  return act(script(MOVE_BACK, [folder, DATA_DIRECTORY]), { timeoutMs: COPY_TIMEOUT_MS });
}

const MOVE_BACK = `
if [ -d "$1" ]; then
  said=$(mariabackup --move-back --force-non-empty-directories --target-dir="$1" --datadir="$2" 2>&1) ||
    { printf '%s\\n' "$said" | tail -n 20 >&2; exit 1; }
  rm -rf "$1"
fi
rm -f "$2/grastate.dat" "$2/gvwstate.dat"
chown -R mysql:mysql "$2"`;
