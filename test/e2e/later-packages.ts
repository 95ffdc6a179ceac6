import type { Lab } from "../../src/toolkit/lab/lab.ts";
import { shellOn } from "./shell-on.ts";

const FOLDER = "/srv/later-packages";
const SOURCES = "/etc/apt/sources.list";

/*
 * Each package as it is installed, under a later version: what dpkg knows of it, and its files. What the image left out
 * (manuals) is left out here too.
 */
const REPACK = `
set -e
folder=$1 sources=$2 suffix=$3
shift 3
mkdir -p "$folder"
: >"$folder/Packages"
for name; do
  work=$(mktemp -d)
  chmod 0755 "$work"
  mkdir "$work/DEBIAN"
  dpkg-query -L "$name" | while IFS= read -r path; do
    if [ -d "$path" ]; then mkdir -p "$work$path"
    elif [ -e "$path" ]; then mkdir -p "$work$(dirname "$path")"; cp -a "$path" "$work$path"; fi
  done
  for kind in conffiles preinst postinst prerm postrm triggers; do
    test ! -e "/var/lib/dpkg/info/$name.$kind" || cp -p "/var/lib/dpkg/info/$name.$kind" "$work/DEBIAN/$kind"
  done
  dpkg-query -s "$name" | awk -v suffix="$suffix" '
    /^Conffiles:/ { skip = 1; next }
    /^ / && skip { next }
    { skip = 0 }
    /^Status:/ { next }
    /^Version:/ { $0 = $0 suffix }
    { print }' >"$work/DEBIAN/control"
  dpkg-deb -b "$work" "$folder/$name.deb" >/dev/null
  {
    dpkg-deb --field "$folder/$name.deb"
    echo "Filename: ./$name.deb"
    echo "Size: $(stat -c %s "$folder/$name.deb")"
    echo "SHA256: $(sha256sum <"$folder/$name.deb" | cut -d ' ' -f 1)"
    echo
  } >>"$folder/Packages"
  rm -r "$work"
done
test -e "$sources.kept" || mv "$sources" "$sources.kept"
echo "deb [trusted=yes] file:$folder ./" >"$sources"`;

const LATER = "+later";

/**
 * Lets the package sources of a machine have later versions of packages that it has, and nothing else. A real source
 * has one seldom, and a lab's machine reaches none.
 */
export async function offerLater(lab: Lab, machine: string, names: readonly string[]): Promise<void> {
  await shellOn(lab, machine, REPACK, FOLDER, SOURCES, LATER, ...names);
}

/** The sources as they were. The machine keeps what it has installed. */
export async function offerNoLonger(lab: Lab, machine: string): Promise<void> {
  await shellOn(lab, machine, 'test ! -e "$1.kept" || mv "$1.kept" "$1"; rm -rf "$2"', SOURCES, FOLDER);
}

/** Whether the version that is installed is one that was offered. */
export async function isLater(lab: Lab, machine: string, name: string): Promise<boolean> {
  return (await shellOn(lab, machine, "dpkg-query -W -f '${Version}' \"$1\"", name)).endsWith(LATER);
}
