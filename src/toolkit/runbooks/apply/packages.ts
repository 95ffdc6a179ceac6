import type { Service } from "../../services/service.ts";
import { act, ask, script } from "../../steps/command.ts";
import type { Phase } from "../../steps/phase.ts";
import type { Topology } from "../../topology/topology.ts";

/**
 * Installs what is missing, with the start of services blocked: a database that Debian's script starts with
 * Debian's configuration would be in our way.
 *
 * Packages are held, so that an unattended upgrade cannot restart a database behind the operator's back.
 */
export function packagesPhase(topology: Topology, services: readonly Service[]): Phase {
  const wanted = new Map(
    topology.machines.map((machine) => [machine.name, packagesOf(topology, services, machine.name)]),
  );
  return {
    title: "install packages",
    machines: topology.machines.map((machine) => machine.name),
    observe: (machine) => ask(script(OBSERVE, wanted.get(machine))),
    decide: (answers) => {
      const steps = [...answers].flatMap(([machine, answer]) => {
        const held = new Set(answer.stdout.split("\n").filter((line) => line !== ""));
        const missing = wanted.get(machine)!.filter((name) => !held.has(name));
        if (missing.length === 0) return [];
        const command = act(script(INSTALL, missing), { timeoutMs: 15 * 60_000 });
        return [{ title: `install and hold ${missing.join(", ")}`, machine, commands: [command] }];
      });
      return steps.length > 0 ? [steps] : [];
    },
  };
}

function packagesOf(topology: Topology, services: readonly Service[], name: string): readonly string[] {
  const machine = topology.machines.find((candidate) => candidate.name === name)!;
  const own = services.filter((service) => service.runsOn(topology, machine));
  return [...new Set(own.flatMap((service) => service.packages(topology, machine)))].sort();
}

/** Prints each package that is both installed and held. */
const OBSERVE = `
for package in "$@"; do
  case "$(dpkg-query -W -f '\${db:Status-Abbrev}' "$package" 2>/dev/null)" in
    hi*) echo "$package" ;;
  esac
done`;

/** Shell text: until the script ends, no installation starts a service. A block of somebody else is put aside. */
export const BLOCK_STARTS = `
export DEBIAN_FRONTEND=noninteractive
block=/usr/sbin/policy-rc.d
aside=/run/mailbastion-policy-rc.d
if [ -e "$block" ] && ! grep -q mailbastion "$block"; then mv "$block" "$aside"; fi
restore() { rm -f "$block"; if [ -e "$aside" ]; then mv "$aside" "$block"; fi; }
trap restore EXIT
printf '#!/bin/sh\\n# mailbastion: services are started by apply, not by their installation\\nexit 101\\n' > "$block"
chmod 0755 "$block"`;

const INSTALL = `${BLOCK_STARTS}
missing=
for package in "$@"; do
  case "$(dpkg-query -W -f '\${db:Status-Abbrev}' "$package" 2>/dev/null)" in
    ?i*) ;;
    *) missing="$missing $package" ;;
  esac
done
if [ -n "$missing" ]; then
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends $missing
fi
apt-mark hold "$@" >/dev/null`;
