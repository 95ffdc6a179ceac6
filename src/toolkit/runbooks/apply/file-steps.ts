import type { Bundle, BundleFile } from "../../bundle/bundle.ts";
import { shortHash } from "../../../support/hash.ts";
import { STAGED } from "../../services/service.ts";
import { act, ask, script, type Command } from "../../steps/command.ts";
import type { Gate, Step } from "../../steps/step.ts";
import { waitFor } from "../../steps/wait-for.ts";
import type { FileChanges } from "./file-changes.ts";
import type { FileState } from "./file-state.ts";
import { actionsFor, DAEMON_RELOAD, needsDaemonReload } from "./pending.ts";
import { MANIFEST, PENDING, PLACED, PREVIOUS, STAGING } from "./places.ts";

/**
 * Stages every changed file of a machine and lets the real programs check it.
 *
 * What other files name lies under its hash: it is put in its place here, where it can harm nobody, so that
 * the checks of the files that name it find it. It is owned from then on: should the apply end here, a later one, of
 * another certificate, removes it with its key.
 */
export function stagingStep({ machine, write }: FileChanges, state: FileState): Step {
  const addressed = write.filter((file) => file.addressed);
  const others = write.filter((file) => !file.addressed);
  const commands = [
    act(script('rm -rf "$1"\ninstall -d -m 0700 "$1"', [STAGING])),
    ...(addressed.length > 0 ? [writeManifest(ownedOnceStaged(write, state))] : []),
    ...addressed.flatMap((file) => [stage(file), ...check(file), place(file)]),
    ...others.map(stage),
    ...others.flatMap(check),
  ];
  return { title: `stage and check ${count(write)}`, machine, commands };
}

/**
 * Moves staged files over the old ones, removes what nobody owns any more, and notes which actions are owed.
 *
 * @param gateOf what must hold on a machine before a service restarts there, by the service's name
 */
export function swapStep(
  change: FileChanges,
  bundle: Bundle,
  state: FileState,
  gateOf: (service: string) => Gate | undefined,
): Step {
  const files = change.write.filter((file) => !file.addressed);
  const commands: Command[] = [keepPrevious(change)];
  const owed = owedActions(change, state);
  if (owed.length > 0)
    commands.push(act(script('install -d -m 0700 "$1"\ncd "$1"\nshift\ntouch -- "$@"', [PENDING, ...owed])));
  commands.push(...files.map(place));
  if (change.remove.length > 0) commands.push(act(script(REMOVE, [PLACED, ...change.remove])));
  if (change.manifest) {
    commands.push(writeManifest(bundle.files.map((file) => file.path)));
  }
  if (change.write.length > 0) commands.push(act(["rm", "-rf", STAGING]));
  return {
    title: `put ${count(change.write)} in place`,
    machine: change.machine,
    commands,
    undo: putBack(change, state, gateOf),
  };
}

/** What was put is what is there now, so that a later change by hand is known by it. Taken back, it would not be true. */
export function adoptStep({ machine, adopt }: FileChanges): Step {
  const pairs = adopt.flatMap(({ path, hash }) => [path, hash]);
  return {
    title: `note that ${count(adopt)} changed by hand ${adopt.length === 1 ? "is" : "are"} as described`,
    machine,
    commands: [act(script(ADOPT, [PLACED, ...pairs]))],
  };
}

const ADOPT = `
placed=$1
shift
while [ $# -gt 0 ]; do
  printf '%s' "$2" > "$placed$1"
  shift 2
done`;

const REMOVE = `
placed=$1
shift
for path in "$@"; do rm -f -- "$path" "$placed$path"; done`;

/**
 * Copies every file that will be swapped or removed, all of them before the first is. What an earlier swap kept goes: of
 * two files from different times nobody knows whether they ever worked together.
 */
function keepPrevious(change: FileChanges): Command {
  return act(script(KEEP, [PREVIOUS, swapId(change), ...swappedPaths(change)]));
}

const KEEP = `
previous=$1 id=$2
shift 2
rm -rf "$previous.new"
install -d -m 0700 "$previous.new"
for path in "$@"; do
  if [ -f "$path" ]; then install -d -m 0700 "$previous.new$(dirname "$path")"; cp -a "$path" "$previous.new$path"; fi
done
printf '%s' "$id" > "$previous.new/.swap"
sync -f "$previous.new"
rm -rf "$previous"
mv -T "$previous.new" "$previous"`;

/** Tells what was kept for this swap from what an earlier one left. */
function swapId({ write, remove }: FileChanges): string {
  return shortHash(JSON.stringify([write.map(({ path, hash }) => [path, hash]), remove]));
}

function swappedPaths({ write, remove }: FileChanges): readonly string[] {
  return [...write.filter((file) => !file.addressed).map(({ path }) => path), ...remove];
}

/** The files as they were, and the services on them. A file that was not there before goes. */
function putBack(
  change: FileChanges,
  state: FileState,
  gateOf: (service: string) => Gate | undefined,
): readonly Command[] {
  const owed = owedActions(change, state);
  const touched = actionsFor(change.write).flatMap(({ id, action, service }) =>
    owed.includes(id) && action.kind !== "run" ? [{ ...action, service }] : [],
  );
  // What an earlier apply owed already is owed still: its files are there.
  const forgotten = owed.filter((id) => !state.pending.includes(id));
  const reload = owed.includes(DAEMON_RELOAD) ? ["systemctl", "daemon-reload"] : ["true"];
  return [
    act(script(PUT_BACK, [PREVIOUS, swapId(change), PLACED, ...swappedPaths(change)])),
    ...(change.manifest ? [writeManifest(ownedOnceStaged(change.write, state))] : []),
    act(reload),
    ...actionsFor(change.write).flatMap(({ id, action }) =>
      owed.includes(id) && action.kind === "run" ? [action.command] : [],
    ),
    ...touched.flatMap(({ kind, unit, service }) =>
      takeAgain(kind, unit, kind === "restart" ? gateOf(service) : undefined),
    ),
    ...(forgotten.length > 0
      ? [act(script('cd "$1" 2> /dev/null || exit 0\nshift\nrm -f -- "$@"', [PENDING, ...forgotten]))]
      : []),
  ];
}

/* Where the copies are of another swap, this one had not begun. */
const PUT_BACK = `
previous=$1 id=$2 placed=$3
shift 3
if [ "$(cat "$previous/.swap" 2> /dev/null)" != "$id" ]; then exit 0; fi
for path in "$@"; do
  if [ -f "$previous$path" ]; then
    new="$(dirname "$path")/.$(basename "$path").mailbastion-new"
    cp -a "$previous$path" "$new"
    sync "$new"
    mv -fT "$new" "$path"
    install -d -m 0700 "$placed$(dirname "$path")"
    sha256sum < "$path" | cut -c 1-64 | tr -d '\\n' > "$placed$path"
  else rm -f -- "$path" "$placed$path"; fi
done`;

/**
 * Restarts a service on its earlier file, when the machine itself says that it may; the others have been asked before the
 * swap. Where it may not in time, the file is back and the restart is left to a person.
 */
function takeAgain(kind: "reload" | "restart", unit: string, gate: Gate | undefined): readonly Command[] {
  const verb = kind === "reload" ? "reload-or-restart" : "restart";
  return [...(gate ? [waitFor(gate)] : []), act(["systemctl", verb, unit], { timeoutMs: 15 * 60_000 })];
}

/** What earlier applies put, and what staging puts in its place. */
function ownedOnceStaged(write: readonly BundleFile[], { owned }: FileState): readonly string[] {
  const placed = write.filter((file) => file.addressed).map(({ path }) => path);
  return [...new Set([...owned, ...placed])];
}

function writeManifest(paths: readonly string[]): Command {
  return act(
    script('install -d -m 0700 "$(dirname "$1")"\ncat > "$1.new"\nmv -fT "$1.new" "$1"', [MANIFEST]),
    { stdin: paths.map((path) => `${path}\n`).join("") },
  );
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
  return act(script(PLACE, [stagedPath(file), file.path, file.owner, file.group, file.mode, PLACED]));
}

const PLACE = `
folder=$(dirname "$2")
[ -d "$folder" ] || install -d -m 0755 "$folder"
install -d -m 0700 "$6" "$6$folder"
new="$folder/.$(basename "$2").mailbastion-new"
install -o "$3" -g "$4" -m "$5" "$1" "$new"
sync "$new"
hash=$(sha256sum < "$new" | cut -c 1-64)
mv -fT "$new" "$2"
printf '%s' "$hash" > "$6$2"
sync "$folder"`;

/** Keeps the base name: systemd's checker takes a unit's kind from it. */
function stagedPath(file: BundleFile): string {
  return `${STAGING}${file.path}`;
}

function count(files: readonly unknown[]): string {
  return files.length === 1 ? "1 file" : `${files.length} files`;
}
