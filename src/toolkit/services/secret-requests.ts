import type { Topology } from "../topology/topology.ts";
import type { SecretRequest, Service } from "./service.ts";

/** All that the vault of a cluster must hold. Several services may ask for the same. */
export function secretRequests(topology: Topology, services: readonly Service[]): readonly SecretRequest[] {
  return services.flatMap((service) => service.secrets(topology));
}
