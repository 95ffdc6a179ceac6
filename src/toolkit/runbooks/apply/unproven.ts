import type { Service } from "../../services/service.ts";
import type { Stage } from "../../steps/step.ts";
import { machineNamed, type Topology } from "../../topology/topology.ts";
import { worksWithItsFiles } from "./file-actions.ts";
import type { FileChanges } from "./file-changes.ts";
import type { FileState } from "./file-state.ts";

/** A machine, what becomes of its files, and the services that it restarts for them. */
export interface MachineChange {
  readonly change: FileChanges;
  readonly state: FileState;
  readonly restarts: ReadonlySet<string>;
}

/**
 * Waits for the services that are to be restarted where that is done already: an earlier apply may have died before it had
 * proven them, and two of them would be down.
 *
 * Not for a service with a gate of its own, which says what must hold; nor where it was not started, as a later phase does.
 */
export function provenElsewhere(
  topology: Topology,
  services: readonly Service[],
  machines: readonly MachineChange[],
): Stage {
  return services
    .filter((service) => !service.restartGate && machines.some(({ restarts }) => restarts.has(service.name)))
    .flatMap((service) =>
      machines
        .filter((one) => hasItsFiles(topology, service, one))
        .map(({ change: { machine } }) => ({
          title: `wait for ${service.name} before it is restarted elsewhere`,
          machine,
          commands: [],
          verify: worksWithItsFiles(topology, service, machine),
        })),
    );
}

/** Whether the service was started there, and nothing of it is to be changed any more. */
function hasItsFiles(
  topology: Topology,
  service: Service,
  { change, state, restarts }: MachineChange,
): boolean {
  const machine = machineNamed(topology, change.machine);
  return (
    service.runsOn(topology, machine) &&
    !restarts.has(service.name) &&
    change.write.every((file) => file.service !== service.name) &&
    service
      .units(topology, machine)
      .some(({ name }) => state.activeUnits.has(name) || state.failedUnits.has(name))
  );
}
