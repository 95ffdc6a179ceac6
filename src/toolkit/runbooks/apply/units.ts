import type { Service, Unit } from "../../services/service.ts";
import { act, ask, script, type Answer, type Command } from "../../steps/command.ts";
import type { Phase } from "../../steps/phase.ts";
import { machineNamed, type Topology } from "../../topology/topology.ts";

/** Brings the units of one service into their state: masked, enabled at boot, started. */
export function unitsPhase(topology: Topology, service: Service): Phase {
  const unitsOf = (name: string) => service.units(topology, machineNamed(topology, name));
  const machines = topology.machines
    .filter((machine) => service.runsOn(topology, machine))
    .map((machine) => machine.name);
  return {
    title: `start ${service.name}`,
    machines: machines.filter((name) => unitsOf(name).length > 0),
    observe: (machine) => observeUnits(unitsOf(machine).map((unit) => unit.name)),
    decide: (answers) => {
      const steps = [...answers].flatMap(([machine, answer]) => {
        const states = parseUnits(answer);
        return unitsOf(machine).flatMap((unit) => {
          const commands = commandsFor(unit, states.get(unit.name));
          return commands.length > 0 ? [{ title: titleFor(unit), machine, commands }] : [];
        });
      });
      return steps.length > 0 ? [steps] : [];
    },
  };
}

export interface UnitState {
  readonly load: string;
  readonly active: string;
  readonly file: string;
}

export function observeUnits(names: readonly string[]): Command {
  return ask([
    "systemctl",
    "show",
    "--property=Id,Names,LoadState,ActiveState,UnitFileState",
    "--",
    ...names,
  ]);
}

/** By every name a unit has: an alias must be found too. */
export function parseUnits(answer: Answer): ReadonlyMap<string, UnitState> {
  const states = new Map<string, UnitState>();
  for (const block of answer.stdout.split(/\n\s*\n/)) {
    const field = new Map(
      block.split("\n").map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
    );
    const state = {
      load: field.get("LoadState") ?? "",
      active: field.get("ActiveState") ?? "",
      file: field.get("UnitFileState") ?? "",
    };
    for (const name of [field.get("Id"), ...(field.get("Names") ?? "").split(" ")])
      if (name) states.set(name, state);
  }
  return states;
}

function commandsFor(unit: Unit, state: UnitState | undefined): readonly Command[] {
  const systemctl = (...args: string[]) => act(["systemctl", ...args, unit.name], { timeoutMs: 5 * 60_000 });
  if (unit.state === "masked") return state?.load === "masked" ? [] : [systemctl("mask", "--now")];
  const commands: Command[] = [];
  if (state?.load === "masked") commands.push(systemctl("unmask"));
  // A static unit has no [Install] section: another one pulls it in, and it cannot be enabled.
  const enabled = ["enabled", "static", "generated", "alias", "indirect"].includes(state?.file ?? "");
  if (unit.enabled && !enabled) commands.push(systemctl("enable"));
  if (!unit.enabled && state?.file === "enabled") commands.push(systemctl("disable"));
  const active = ["active", "activating", "reloading"].includes(state?.active ?? "");
  if (unit.state === "running" && !unit.startedByForm && !active) commands.push(startUnit(unit.name));
  if (unit.state === "stopped" && active) commands.push(systemctl("stop"));
  return commands;
}

/** A unit that does not start says why in its journal only. */
function startUnit(name: string): Command {
  return act(script(START, [name]), { timeoutMs: 5 * 60_000 });
}

const START = `systemctl start "$1" || { journalctl --unit="$1" --lines=15 --no-pager --output=cat >&2; exit 1; }`;

function titleFor(unit: Unit): string {
  if (unit.startedByForm) return `enable ${unit.name}`;
  return {
    running: `enable and start ${unit.name}`,
    masked: `mask ${unit.name}`,
    stopped: `stop ${unit.name}`,
  }[unit.state];
}
