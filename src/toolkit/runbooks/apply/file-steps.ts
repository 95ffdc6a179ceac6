import type { Bundle, BundleFile } from "../../bundle/bundle.ts";
import { STAGED } from "../../services/service.ts";
import { act, ask, script, type Command } from "../../steps/command.ts";
import type { Step } from "../../steps/step.ts";
import type { FileChanges } from "./file-changes.ts";
import type { FileState } from "./file-state.ts";
import { actionsFor, DAEMON_RELOAD, needsDaemonReload } from "./pending.ts";
import { MANIFEST, PENDING, PREVIOUS, STAGING } from "./places.ts";

/**
 * Stages every changed file of a machine and lets the real programs check it.
 *
 * What other files name lies under its hash: it is put in its place here, where it can harm nobody, so that
 * the checks of the files that name it find it.
 */
export function stagingStep({ machine, write }: FileChanges): Step {
  const addressed = write.filter((file) => file.addressed);
  const others = write.filter((file) => !file.addressed);
  const commands = [
    act(script('rm -rf "$1"\ninstall -d -m 0700 "$1"', [STAGING])),
    ...addressed.flatMap((file) => [stage(file), ...check(file), place(file)]),
    ...others.map(stage),
    ...others.flatMap(check),
  ];
  return { title: `stage and check ${count(write)}`, machine, commands };
}

/** Moves staged files over the old ones, removes what nobody owns any more, and notes which actions are owed. */
export function swapStep(change: FileChanges, bundle: Bundle, state: FileState): Step {
  const files = change.write.filter((file) => !file.addressed);
  const commands: Command[] = [];
  const owed = owedActions(change, state);
  if (owed.length > 0)
    commands.push(act(script('install -d -m 0700 "$1"\ncd "$1"\nshift\ntouch -- "$@"', [PENDING, ...owed])));
  commands.push(...files.map(place));
  if (change.remove.length > 0) commands.push(act(["rm", "-f", "--", ...change.remove]));
  if (change.manifest) {
    const paths = bundle.files.map((file) => `${file.path}\n`).join("");
    commands.push(
      act(script('install -d -m 0700 "$(dirname "$1")"\ncat > "$1.new"\nmv -fT "$1.new" "$1"', [MANIFEST]), {
        stdin: paths,
      }),
    );
  }
  if (change.write.length > 0) commands.push(act(["rm", "-rf", STAGING]));
  return { title: `put ${count(change.write)} in place`, machine: change.machine, commands };
}

/** Of services that run: a stopped one reads its files when it is started. */
function owedActions({ write, remove }: FileChanges, state: FileState): readonly string[] {
  const owed = actionsFor(write)
    .filter(({ action }) => action.kind === "run" || state.activeUnits.has(action.unit))
    .map(({ id }) => id);
  return needsDaemonReload([...write.map((file) => file.path), ...remove]) ? [DAEMON_RELOAD, ...owed] : owed;
}

function stage(file: BundleFile): Command {
  return act(script('install -d -m 0700 "$(dirname "$1")"\numask 077\ncat > "$1"', [stagedPath(file)]), {
    stdin: file.content,
  });
}

function check(file: BundleFile): readonly Command[] {
  if (file.check.kind === "none") return [];
  return [
    ask(
      file.check.argv.map((word) => word.replaceAll(STAGED, stagedPath(file))),
      { timeoutMs: 60_000 },
    ),
  ];
}

/** Rename is the only moment at which a reader sees a change, and a crash leaves the old file or the new one. */
function place(file: BundleFile): Command {
  return act(script(PLACE, [stagedPath(file), file.path, file.owner, file.group, file.mode, PREVIOUS]));
}

const PLACE = `
folder=$(dirname "$2")
[ -d "$folder" ] || install -d -m 0755 "$folder"
if [ -f "$2" ]; then install -d -m 0700 "$6" "$6$folder"; cp -a "$2" "$6$2"; fi
new="$folder/.$(basename "$2").mailbastion-new"
install -o "$3" -g "$4" -m "$5" "$1" "$new"
sync "$new"
mv -fT "$new" "$2"
sync "$folder"`;

/** Keeps the base name: systemd's checker takes a unit's kind from it. */
function stagedPath(file: BundleFile): string {
  return `${STAGING}${file.path}`;
}

function count(files: readonly BundleFile[]): string {
  return files.length === 1 ? "1 file" : `${files.length} files`;
}
