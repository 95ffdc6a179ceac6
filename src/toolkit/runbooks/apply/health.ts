import type { Service } from "../../services/service.ts";
import type { Phase } from "../../steps/phase.ts";
import { machineNamed, type Topology } from "../../topology/topology.ts";

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
        verify: {
          title: `${service.name} does its work`,
          command: probe(machine),
          timeoutMs: 120_000,
          intervalMs: 1000,
        },
      }));
      return steps.length > 0 ? [steps] : [];
    },
  };
}
