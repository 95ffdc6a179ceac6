import { act, ask, script, type Command } from "../../steps/command.ts";
import { RUNS } from "../lock/places.ts";

/**
 * How the journals lie on a machine: one folder per run, with the lines in `journal`, and `ended` once it has. The
 * names of those that were removed are in `ended-runs`.
 */

const JOURNAL_TIMEOUT_MS = 30_000;
/** Older ones are removed when a run ends. */
const KEPT = 50;
/** A machine or a computer that was away for long is told by these names that a run it has open is over. */
const KEPT_NAMES = 500;

/*
 * The first write of an attempt brings all lines and takes the place of what is there: an earlier attempt may have left
 * a line that nobody else has seen.
 */
const WRITE = `
home=$1 run=$2 whole=$3
umask 077
mkdir -p "$home/$run"
if [ "$whole" = yes ]; then cat > "$home/$run/journal.new"; mv -f "$home/$run/journal.new" "$home/$run/journal"
else cat >> "$home/$run/journal"; fi
sync "$home/$run/journal" "$home/$run"`;

/** Brings lines to the copy of a machine, durably. */
export function writeCommand(run: string, lines: string, isWhole: boolean): Command {
  return act(script(WRITE, [RUNS, run, isWhole ? "yes" : "no"]), {
    stdin: lines,
    timeoutMs: JOURNAL_TIMEOUT_MS,
  });
}

/* The names are on disk before the first folder goes: a run that is found open elsewhere would else be open again. */
const CLOSE = `
home=$1
shift
umask 077
for run in "$@"; do
  : > "$home/$run/ended"
  sync "$home/$run"
done
old=$(ls -1 -d "$home"/2* 2> /dev/null | head -n -${KEPT} | while IFS= read -r folder; do
  if [ -e "$folder/ended" ]; then echo "\${folder##*/}"; fi
done)
[ -n "$old" ] || exit 0
known=
if [ -e "$home/ended-runs" ]; then known=$(cat "$home/ended-runs"); fi
printf '%s\\n' \${known:+"$known"} "$old" | tail -n ${KEPT_NAMES} > "$home/ended-runs.new"
sync "$home/ended-runs.new"
mv -f "$home/ended-runs.new" "$home/ended-runs"
sync "$home"
for run in $old; do rm -rf -- "$home/$run"; done`;

/**
 * Marks runs that this machine has a copy of as ended, so that nobody has to read their journals to know, and forgets the
 * oldest but for their names.
 */
export function closeCommand(runs: readonly string[]): Command {
  return act(script(CLOSE, [RUNS, ...runs]), { timeoutMs: JOURNAL_TIMEOUT_MS });
}

const LIST = `
home=$1
if [ -e "$home/ended-runs" ]; then sed 's/$/ forgotten/' "$home/ended-runs"; fi
for folder in "$home"/2*; do
  [ -e "$folder/journal" ] || continue
  state=open
  if [ -e "$folder/ended" ]; then state=ended; fi
  printf '%s %s\\n' "\${folder##*/}" "$state"
done`;

/**
 * Prints a line per run: its id, and "open" or "ended" as far as this machine knows, or "forgotten" where it has ended and
 * its journal is no more.
 */
export function listRunsCommand(): Command {
  return ask(script(LIST, [RUNS]), { timeoutMs: JOURNAL_TIMEOUT_MS });
}

/** Prints a journal; fails where this machine has no copy. */
export function readJournalCommand(run: string): Command {
  return ask(["cat", `${RUNS}/${run}/journal`], { timeoutMs: JOURNAL_TIMEOUT_MS });
}
