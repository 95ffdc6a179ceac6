import { doesItsWork } from "../../services/does-its-work.ts";
import type { Service } from "../../services/service.ts";
import type { Phase } from "../../steps/phase.ts";
import { machineNamed, type Topology } from "../../topology/topology.ts";

const WAIT_MS = 120_000;

/**
 * The proof at the end: every probe of the service answers. One that does not is waited for; nothing is
 * changed for it.
 */
export function healthPhase(topology: Topology, service: Service): Phase {
  const machines = topology.machines
    .filter((machine) => service.runsOn(topology, machine))
    .map((machine) => machine.name);
  const probe = (name: string) => service.probe(topology, machineNamed(topology, name));
  return {
    title: `see that ${service.name} does its work`,
    machines,
    observe: probe,
    decide: (answers) => {
      const waiting = [...answers].filter(([, answer]) => answer.code !== 0).map(([machine]) => machine);
      const steps = waiting.map((machine) => ({
        title: `wait for ${service.name}`,
        machine,
        commands: [],
        verify: doesItsWork(topology, service, machineNamed(topology, machine), WAIT_MS),
      }));
      return steps.length > 0 ? [steps] : [];
    },
  };
}
