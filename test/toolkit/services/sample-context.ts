import { interfacePlaceholder, secretPlaceholder } from "../../../src/support/placeholder.ts";
import type { FileContext, Listener } from "../../../src/toolkit/services/service.ts";
import type { Machine, Topology } from "../../../src/toolkit/topology/topology.ts";

/** What the bundle room gives to a service, for tests of one service alone. */
export function sampleContext(
  topology: Topology,
  machine: Machine,
  listeners: readonly Listener[] = [],
): FileContext {
  return {
    topology,
    machine,
    secret: (name) => secretPlaceholder({ name, version: "1" }),
    interfaceOf: (address) => topology.network.interface ?? interfacePlaceholder(address),
    addressed: (path) => path,
    version: () => "1",
    listeners: () => listeners,
  };
}
