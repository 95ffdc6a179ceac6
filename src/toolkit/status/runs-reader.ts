import { listRunsCommand } from "../runner/journal/commands.ts";
import { parseJournal } from "../runner/journal/entry.ts";
import { showLockCommand } from "../runner/lock/commands.ts";
import { isStale, parseLock } from "../runner/lock/holder.ts";
import { RUNS } from "../runner/lock/places.ts";
import { sections } from "../services/sections.ts";
import { ask, script, type Answer } from "../steps/command.ts";
import type { Runs } from "./runs.ts";

/** How a machine is asked about the cluster's lock and the runs that it has journals of. Reads only. */
export const runsCommand = ask(
  script(
    `
home=$1 size=$2
shift 2
echo @lock
words= at=0
while [ "$at" -lt "$size" ]; do at=$((at + 1)); words="$words \\"\\\${$at}\\""; done
eval "$words" || true
shift "$size"
echo @runs
"$@" | while read -r run state; do
  printf '%s %s\\n' "$run" "$state"
  if [ "$state" = open ]; then sed -n -e 1p -e '/"kind":"ended"/p' "$home/$run/journal"; fi
done`,
    [RUNS, String(showLockCommand().argv.length), ...showLockCommand().argv, ...listRunsCommand().argv],
  ),
);

export function readRuns({ stdout }: Answer): Runs {
  const part = sections(stdout);
  const lock = parseLock(part("lock"));
  const ended: string[] = [];
  const unfinished: Runs["unfinished"] = [];
  for (const block of part("runs")
    .split(/^(?=\d{4})/m)
    .filter(Boolean)) {
    const [head = "", ...lines] = block.split("\n");
    const [run = "", state] = head.split(" ");
    // A run may have ended in its journal and died before it was marked so.
    const [begun] = parseJournal(lines[0] ?? "");
    if (state !== "open" || lines.some((line) => line.includes('"kind":"ended"'))) ended.push(run);
    else if (begun?.kind === "begun")
      unfinished.push({ run, command: begun.command, by: `${begun.operator.user}@${begun.operator.host}` });
  }
  return {
    ...(lock && {
      lock: {
        run: lock.holder.run,
        command: lock.holder.command,
        by: `${lock.holder.user}@${lock.holder.host}`,
        isManual: lock.holder.kind === "manual",
        isStale: isStale(lock),
        ageSeconds: lock.ageSeconds,
        message: lock.holder.message ?? "",
      },
    }),
    unfinished,
    ended,
  };
}
