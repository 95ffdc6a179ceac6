import { script } from "../steps/command.ts";
import { STAGED, type FileCheck } from "./service.ts";

/**
 * The check of a whole systemd unit.
 *
 * Without --recursive-errors a misspelt key is a warning and the exit code 0 (man systemd-analyze); with "no"
 * warnings of this unit count and those of units that it names do not. A unit whose program is not there is
 * refused: `needs` names it where no package brings it.
 */
export function unitCheck(needs?: string): FileCheck {
  const argv = ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", STAGED];
  return { kind: "command", argv, ...(needs !== undefined && { needs }) };
}

/**
 * The check of a drop-in for `unit`, a unit of a Debian package: systemd-analyze takes no drop-in by itself, so it is
 * laid beside a copy of its unit. Nor does systemd-analyze refuse a unit that is to start both before and after another:
 * systemd then leaves one of the two out at boot, and a restart waits for ever.
 */
export function dropInCheck(unit: string): FileCheck {
  return { kind: "command", argv: script(VERIFY_DROP_IN, [STAGED, unit]) };
}

/** The check of a shell script: that the shell can parse it. */
export function shellCheck(): FileCheck {
  return { kind: "command", argv: ["sh", "-n", STAGED] };
}

const VERIFY_DROP_IN = `
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/$2.d"
cp "/lib/systemd/system/$2" "$folder/$2"
cp "$1" "$folder/$2.d/"
systemd-analyze verify --man=no --recursive-errors=no "$folder/$2"
cat "$folder/$2" "$1" | awk -F = '
  $1 == "After" || $1 == "Before" { count = split($2, names, " "); for (i = 1; i <= count; i++) seen[$1, names[i]] = names[i] }
  END {
    for (key in seen) if (("After", seen[key]) in seen && ("Before", seen[key]) in seen) circle = seen[key]
    if (circle != "") { print "it is to start after " circle " and before it"; exit 1 }
  }' >&2`;
