import { UserError } from "../../../support/errors.ts";
import type { Service } from "../../services/service.ts";
import { act, ask, script, type Answer, type Command } from "../../steps/command.ts";
import type { Step } from "../../steps/step.ts";
import type { Machine, Topology } from "../../topology/topology.ts";
import { BLOCK_STARTS } from "../apply/packages.ts";

/** A package of ours on a machine for which its sources have another version. */
export interface PackageUpgrade {
  readonly name: string;
  readonly installed: string;
  readonly candidate: string;
}

/** The packages that the services of a machine ask for. */
export function packagesOf(
  topology: Topology,
  services: readonly Service[],
  machine: Machine,
): readonly string[] {
  const own = services.filter((service) => service.runsOn(topology, machine));
  return [...new Set(own.flatMap((service) => service.packages(topology, machine)))].sort();
}

/**
 * Asks the sources of the machine what versions there are now. Their lists are fetched into a folder of their own that
 * is removed again, so that the machine stays as it is.
 */
export function askForUpgrades(names: readonly string[]): Command {
  return ask(script(ASK, names), { timeoutMs: 5 * 60_000 });
}

const ASK = `
lists=$(mktemp -d)
trap 'rm -rf "$lists"' EXIT
chmod 0755 "$lists"
mkdir "$lists/partial"
own() {
  LC_ALL=C "$@" -o Dir::State::Lists="$lists" -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= \\
    -o APT::Update::Error-Mode=any
}
said=$(own apt-get update -qq 2>&1) || { printf '%s\\n' "$said" | sed -n '$s/^/failed /p'; exit 0; }
own apt-cache policy "$@" | awk '
  /^[^ ].*:$/ { name = substr($0, 1, length($0) - 1) }
  $1 == "Installed:" { installed = $2 }
  $1 == "Candidate:" { print "package", name, installed, $2 }'`;

/** Throws UPGRADE_SOURCES where the sources of the machine could not be asked. */
export function parseUpgrades(machine: string, answer: Answer | undefined): readonly PackageUpgrade[] {
  const lines = (answer?.stdout ?? "").split("\n");
  const failed = lines.find((line) => line.startsWith("failed"));
  if (!answer || answer.code !== 0 || failed !== undefined) {
    throw new UserError(
      "UPGRADE_SOURCES",
      `${machine} cannot ask its package sources: ${failed?.slice("failed ".length) || answer?.stdout.trim() || "no answer"}`,
      "see that apt-get update succeeds there",
    );
  }
  return lines
    .map((line) => line.split(" "))
    .filter(([kind]) => kind === "package")
    .map(([, name = "", installed = "", candidate = ""]) => ({ name, installed, candidate }))
    .filter(({ installed, candidate }) => installed !== "(none)" && installed !== candidate);
}

/** Throws UPGRADE_MARIADB_MAJOR: another series changes the files, and members of two series must not be mixed for long. */
export function refuseMajor(machine: string, upgrades: readonly PackageUpgrade[]): void {
  const major = upgrades.find(
    ({ name, installed, candidate }) =>
      name.startsWith("mariadb-") && series(installed) !== series(candidate),
  );
  if (!major) return;
  throw new UserError(
    "UPGRADE_MARIADB_MAJOR",
    `on ${machine} the sources have ${major.name} ${major.candidate} for ${major.installed}: MariaDB ${series(major.installed)} would become ${series(major.candidate)}`,
    "keep the sources of the present series; another one needs MariaDB's own upgrade procedure and a backup first",
  );
}

/** "10.11" of "1:10.11.6-0+deb12u1". */
function series(version: string): string {
  return /^(?:\d+:)?(\d+\.\d+)/.exec(version)?.[1] ?? version;
}

/**
 * Brings exactly these packages to exactly these versions, and holds them again, also when that fails. Nothing is
 * started by it. A file of a package that was changed on the machine stays as it is: most of them are ours.
 */
export function upgradeStep(machine: string, upgrades: readonly PackageUpgrade[]): Step {
  const pairs = upgrades.map(({ name, candidate }) => `${name}=${candidate}`);
  return {
    title: `upgrade ${upgrades.map(({ name, installed, candidate }) => `${name} ${installed} to ${candidate}`).join(", ")}`,
    machine,
    unless: ask(script(HAVE, pairs)),
    commands: [act(script(UPGRADE, pairs), { timeoutMs: 30 * 60_000 })],
    verify: {
      title: "the packages have their versions and are held",
      command: ask(script(HAVE, pairs)),
      timeoutMs: 10_000,
      intervalMs: 1000,
    },
  };
}

const HAVE = `
for pair; do
  found=$(dpkg-query -W -f '\${db:Status-Abbrev} \${Version}' "\${pair%%=*}")
  [ "$found" = "hi  \${pair#*=}" ] || { echo "\${pair%%=*} is $found" >&2; exit 1; }
done`;

const UPGRADE = `${BLOCK_STARTS}
names=
for pair; do names="$names \${pair%%=*}"; done
trap 'restore; apt-mark hold $names >/dev/null' EXIT
apt-get update -qq
apt-mark unhold $names >/dev/null
apt-get install -y -qq --only-upgrade --no-install-recommends \\
  -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold "$@"`;
