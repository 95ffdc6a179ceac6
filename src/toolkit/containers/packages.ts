import { services } from "../services/registry.ts";
import type { Topology } from "../topology/topology.ts";

/** The Debian packages that apply would install on the machines of a cluster, sorted: what its image holds already. */
export function packagesOf(topology: Topology): readonly string[] {
  const all = topology.machines.flatMap((machine) =>
    services
      .filter((service) => service.runsOn(topology, machine))
      .flatMap((service) => service.packages(topology, machine)),
  );
  return [...new Set(all)].toSorted();
}
