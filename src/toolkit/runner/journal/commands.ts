import { act, ask, script, type Command } from "../../steps/command.ts";
import { RUNS } from "../lock/places.ts";

/** How the journals lie on a machine: one folder per run, with the lines in `journal`, and `ended` once it has. */

const JOURNAL_TIMEOUT_MS = 30_000;
/** Older ones are removed when a run begins. */
const KEPT = 50;

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

const CLOSE = `
home=$1 run=$2
: > "$home/$run/ended"
sync "$home/$run"
ls -1 -d "$home"/2* | head -n -${KEPT} | while IFS= read -r old; do
  if [ -e "$old/ended" ]; then rm -rf -- "$old"; fi
done`;

/** Marks the run as ended, so that nobody has to read its journal to know, and forgets the oldest. */
export function closeCommand(run: string): Command {
  return act(script(CLOSE, [RUNS, run]), { timeoutMs: JOURNAL_TIMEOUT_MS });
}

const LIST = `
home=$1
for folder in "$home"/2*; do
  [ -e "$folder/journal" ] || continue
  state=open
  if [ -e "$folder/ended" ]; then state=ended; fi
  printf '%s %s\\n' "\${folder##*/}" "$state"
done`;

/** Prints a line per run: its id, and whether it has ended as far as this machine knows. */
export function listRunsCommand(): Command {
  return ask(script(LIST, [RUNS]), { timeoutMs: JOURNAL_TIMEOUT_MS });
}

/** Prints a journal; fails where this machine has no copy. */
export function readJournalCommand(run: string): Command {
  return ask(["cat", `${RUNS}/${run}/journal`], { timeoutMs: JOURNAL_TIMEOUT_MS });
}
