import type { Bundle } from "../../bundle/bundle.ts";
import { ask, script, type Answer, type Command } from "../../steps/command.ts";
import { MANIFEST, PENDING } from "./places.ts";

/** What lies on a machine now, of all that the bundle owns or an earlier one owned. */
export interface FileState {
  readonly files: ReadonlyMap<string, PresentFile>;
  /** Paths that an earlier apply put there. */
  readonly owned: readonly string[];
  /** Actions that an earlier, interrupted apply owed: see pending.ts. */
  readonly pending: readonly string[];
  readonly activeUnits: ReadonlySet<string>;
}

export interface PresentFile {
  /** Octal, "0640". */
  readonly mode: string;
  readonly owner: string;
  readonly group: string;
  readonly hash: string;
  /** Whether it bears our marker: a file that its daemon rewrites keeps that much. */
  readonly marked: boolean;
}

/** One command that reads everything: paths come by standard input, units as arguments. */
export function observeFiles(bundle: Bundle, units: readonly string[]): Command {
  const paths = bundle.files.map((file) => `${file.path}\n`).join("");
  return ask(script(OBSERVE, [MANIFEST, PENDING, ...units]), { stdin: paths });
}

const OBSERVE = `
manifest=$1 pending=$2
shift 2
look() {
  if [ -f "$1" ]; then
    marked=no
    if grep -q 'mailbastion: made from' "$1"; then marked=yes; fi
    printf 'file\\t%s\\t%s\\t%s\\t%s\\n' "$1" "$(stat -c '0%a\t%U\t%G' "$1")" "$(sha256sum < "$1" | cut -c 1-64)" "$marked"
  fi
}
while IFS= read -r path; do look "$path"; done
if [ -f "$manifest" ]; then
  while IFS= read -r path; do printf 'owned\\t%s\\n' "$path"; done < "$manifest"
fi
if [ -d "$pending" ]; then
  for name in "$pending"/*; do
    if [ -e "$name" ]; then printf 'pending\\t%s\\n' "\${name##*/}"; fi
  done
fi
for unit in "$@"; do
  if systemctl is-active --quiet "$unit"; then printf 'active\\t%s\\n' "$unit"; fi
done`;

export function parseFileState(answer: Answer): FileState {
  const rows = answer.stdout.split("\n").map((line) => line.split("\t"));
  const values = (key: string) => rows.filter(([first]) => first === key).map(([, value]) => value!);
  return {
    files: new Map(
      rows.filter(([key]) => key === "file").map(([, path, ...rest]) => [path!, presentFile(rest)]),
    ),
    owned: values("owned"),
    pending: values("pending"),
    activeUnits: new Set(values("active")),
  };
}

function presentFile([mode, owner, group, hash, marked]: readonly string[]): PresentFile {
  return { mode: mode!, owner: owner!, group: group!, hash: hash!, marked: marked === "yes" };
}
