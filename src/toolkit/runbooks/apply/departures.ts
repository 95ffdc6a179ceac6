import { UNIT as KEEPALIVED } from "../../services/keepalived/files.ts";
import { leaveVip, vipIsElsewhere } from "../../services/keepalived/handover.ts";
import type { Departure, Service } from "../../services/service.ts";
import { act, ask, script } from "../../steps/command.ts";
import type { Phase } from "../../steps/phase.ts";
import type { Step } from "../../steps/step.ts";
import { machineNamed, type Machine, type Topology } from "../../topology/topology.ts";
import { MANIFEST } from "./places.ts";

/** How long open sessions may take to end before the VIP goes, while new clients wait. In seconds. */
const HANDOVER_S = 20;

/** A unit that a machine has of a service which it is not to run. */
export interface DepartedUnit extends Departure {
  readonly unit: string;
}

/** What a machine that stays may have of an earlier description, in the order of stopping. */
export function departedUnits(
  topology: Topology,
  services: readonly Service[],
  machine: Machine,
): readonly DepartedUnit[] {
  return services.toReversed().flatMap((service) => {
    const { departure } = service;
    if (!departure || service.runsOn(topology, machine)) return [];
    return service
      .units(topology, machine)
      .filter(({ state }) => state === "running")
      .map(({ name }) => ({ ...departure, unit: name }));
  });
}

/**
 * Stops what the description has taken from machines that stay, while its files are there: a balancer that nobody knows
 * any more would go on and take the VIP. keepalived goes first, that of the holder after all others, when its sessions had
 * time to end. What others count on has been refused before where it runs; here it is only kept from starting.
 */
export function departuresPhase(
  topology: Topology,
  services: readonly Service[],
  machines: readonly string[],
): Phase {
  const { vip } = topology.network;
  const departed = (name: string) => departedUnits(topology, services, machineNamed(topology, name));
  return {
    title: "stop what the description takes from machines",
    group: "stop what the description takes from machines",
    machines: machines.filter((name) => departed(name).length > 0),
    observe: (machine) =>
      ask(script(OBSERVE, [MANIFEST, vip, ...departed(machine).flatMap(({ unit, file }) => [unit, file])])),
    decide: (answers) => {
      const left = [...answers].flatMap(([machine, { stdout }]) => {
        const lines = stdout.split("\n");
        const units = departed(machine).filter(({ unit }) => lines.includes(`there ${unit}`));
        return units.map(({ unit }) => ({ machine, unit, bearsVip: lines.includes("bears") }));
      });
      const balancers = left.filter(({ unit }) => unit === KEEPALIVED);
      const others = left.filter(({ unit }) => unit !== KEEPALIVED);
      return [
        balancers.filter(({ bearsVip }) => !bearsVip).map(stopStep),
        balancers.filter(({ bearsVip }) => bearsVip).map(({ machine }) => leaveStep(machine, vip)),
        others.map(stopStep),
      ].filter((stage) => stage.length > 0);
    },
  };
}

/** A unit of that name that apply never had a file for is not ours. */
const OBSERVE = `
manifest=$1
if [ -n "$(ip -o -4 address show to "$2/32")" ]; then echo bears; fi
shift 2
while [ "$#" -gt 0 ]; do
  if grep -qxF -- "$2" "$manifest" 2>/dev/null; then
    case $(systemctl show --property=ActiveState --value -- "$1") in inactive | failed) runs=no ;; *) runs=yes ;; esac
    if [ "$runs" = yes ] || systemctl is-enabled --quiet -- "$1" 2>/dev/null; then echo "there $1"; fi
  fi
  shift 2
done`;

function stopStep({ machine, unit }: { readonly machine: string; readonly unit: string }): Step {
  return {
    title: `stop and disable ${unit}`,
    machine,
    commands: [act(["systemctl", "disable", "--now", unit], { timeoutMs: 5 * 60_000 })],
  };
}

/** Where no other balancer takes the VIP this one has it again. */
function leaveStep(machine: string, vip: string): Step {
  return {
    title: `hold new clients back until the VIP is elsewhere, and disable ${KEEPALIVED}`,
    machine,
    commands: [leaveVip(vip, HANDOVER_S)],
    verify: vipIsElsewhere(vip),
    undo: [act(["systemctl", "enable", "--now", KEEPALIVED])],
  };
}
