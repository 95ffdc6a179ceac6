import { PORTS } from "../../../contract/ports.ts";
import { RELEASE } from "../../../contract/release-layout.ts";
import type { Bundle } from "../../bundle/bundle.ts";
import { ask, script, type Answer, type Command } from "../../steps/command.ts";
import { MANIFEST, PENDING, PLACED } from "./places.ts";

/** What lies on a machine now, of all that the bundle owns or an earlier one owned. */
export interface FileState {
  readonly files: ReadonlyMap<string, PresentFile>;
  /** Put there by an earlier apply, and missing now. */
  readonly gone: readonly string[];
  /** Paths that an earlier apply put there. */
  readonly owned: readonly string[];
  /** Actions that an earlier, interrupted apply owed: see pending.ts. */
  readonly pending: readonly string[];
  /** Those that run or are starting: either may have read a file before it was changed. */
  readonly activeUnits: ReadonlySet<string>;
  /** Those that were started and ended with a failure, whether or not systemd will start them again. */
  readonly failedUnits: ReadonlySet<string>;
  /**
   * How much hangs on this machine now: the VIP above all, then the sessions of the database and of the cache, which
   * are where the writer and the master are, and whether its mail node leads the others. What is high comes last.
   */
  readonly standing: number;
}

export interface PresentFile {
  /** Octal, "0640". */
  readonly mode: string;
  readonly owner: string;
  readonly group: string;
  readonly hash: string;
  /** Whether it bears our marker: a file that its daemon rewrites keeps that much. */
  readonly marked: boolean;
  /** The hash that it had when apply put it there; "" where that was before this was kept. */
  readonly placed: string;
}

/** One command that reads everything: paths come by standard input, units as arguments, and besides whoever reads a seed. */
export function observeFiles(bundle: Bundle, units: readonly string[], vip: string): Command {
  const paths = bundle.files.map((file) => `${file.path}\n`).join("");
  const ports = [PORTS.database, PORTS.cache].map(String);
  const node = [RELEASE.program, bundle.machine];
  const asked = new Set([...units, ...seededUnits(bundle)]);
  return ask(script(OBSERVE, [MANIFEST, PENDING, PLACED, vip, ...ports, ...node, ...asked]), {
    stdin: paths,
  });
}

function seededUnits({ files }: Bundle): readonly string[] {
  return files.flatMap(({ seedOnly, action }) =>
    seedOnly && action.kind === "restart" ? [action.unit] : [],
  );
}

const OBSERVE = `
manifest=$1 pending=$2 placed=$3 vip=$4 database=$5 cache=$6 program=$7 machine=$8
shift 8
look() {
  if [ -f "$1" ]; then
    marked=no
    if grep -q 'mailbastion: made from' "$1"; then marked=yes; fi
    printf 'file\\t%s\\t%s\\t%s\\t%s\\t%s\\n' "$1" "$(stat -c '0%a\t%U\t%G' "$1")" "$(sha256sum < "$1" | cut -c 1-64)" "$marked" "$(cat "$placed$1" 2> /dev/null || true)"
  elif [ -e "$placed$1" ]; then
    printf 'gone\\t%s\\n' "$1"
  fi
}
sessions() { ss -H -t -n state established "sport = :$1" | wc -l; }
while IFS= read -r path; do look "$path"; done
if [ -f "$manifest" ]; then
  while IFS= read -r path; do printf 'owned\\t%s\\n' "$path"; done < "$manifest"
fi
if [ -d "$pending" ]; then
  for name in "$pending"/*; do
    if [ -e "$name" ]; then printf 'pending\\t%s\\n' "\${name##*/}"; fi
  done
fi
bears=0
if [ -n "$(ip -o -4 address show to "$vip/32")" ]; then bears=1; fi
leads=0
if [ -x "$program" ] && "$program" status 2> /dev/null < /dev/null | grep -qF "\\"leader\\":\\"$machine\\""; then leads=1; fi
printf 'standing\\t%s\\n' $((bears * 10000000 + $(sessions "$database") * 100 + $(sessions "$cache") + leads * 10))
for unit in "$@"; do
  case $(systemctl show --property=ActiveState --property=SubState --value -- "$unit" | tr '\\n' ' ') in
    'activating auto-restart '* | failed*) printf 'failed\\t%s\\n' "$unit" ;; # It reads its files anew.
    active* | activating* | reloading*) printf 'active\\t%s\\n' "$unit" ;;
  esac
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
    failedUnits: new Set(values("failed")),
    gone: values("gone"),
    standing: Number(values("standing")[0] ?? 0),
  };
}

function presentFile([mode, owner, group, hash, marked, placed]: readonly string[]): PresentFile {
  return {
    mode: mode!,
    owner: owner!,
    group: group!,
    hash: hash!,
    marked: marked === "yes",
    placed: placed ?? "",
  };
}
