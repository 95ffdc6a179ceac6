import { act, script, type Command, type LocalFile } from "../../steps/command.ts";

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
 * Takes the stream that streamDatabase made and unpacks it into a new folder, which is removed again where that fails.
 * Refuses first where the disk has not the room.
 *
 * @param bytes how much is in the stream
 */
export function unpackDatabase(from: LocalFile, folder: string, bytes: number): Command {
  // What makes it consistent needs some as well, and the server at work beside it goes on writing.
  const needed = Math.ceil((bytes * 1.1) / 1024);
  return act(script(UNPACK, [folder, String(needed)]), { stdin: from, timeoutMs: COPY_TIMEOUT_MS });
}

/** The disk may be that of a server at work, which must not find it full. */
const REMOVE_ON_FAILURE = `
trap 'exit 1' HUP INT TERM
trap 'rm -rf "$1"' EXIT`;

const UNPACK = `
rm -rf "$1"
install -d -m 0700 "$1"${REMOVE_ON_FAILURE}
free=$(df -Pk "$1" | awk 'NR == 2 { print $4 }')
[ "$2" -lt "$free" ] || { echo "the copy needs $2 KiB, and there are $free KiB free for $1" >&2; exit 1; }
exec 3>&1
code=$( { { zstd --quiet -d; echo $? >&4; } | mbstream -x -C "$1" >&3; } 4>&1 ) || code=1
[ "$code" = 0 ] || { echo "the copy does not unpack" >&2; exit 1; }
[ -s "$1/xtrabackup_checkpoints" ] || { echo "the copy is not whole" >&2; exit 1; }
trap - EXIT`;

/** Plays or takes back what was written during the copy; removes the copy where that fails. */
export function prepareDatabase(folder: string): Command {
  return act(script(PREPARE, [folder]), { timeoutMs: COPY_TIMEOUT_MS });
}

const PREPARE = `${REMOVE_ON_FAILURE}
said=$(mariabackup --prepare --target-dir="$1" 2>&1) || { printf '%s\\n' "$said" | tail -n 20 >&2; exit 1; }
trap - EXIT`;
