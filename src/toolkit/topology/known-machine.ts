import { UserError } from "../../support/errors.ts";
import { nearest } from "../../support/nearest.ts";
import type { Machine, Topology } from "./topology.ts";

/** The machine of that name, as somebody typed it. Throws MACHINE_UNKNOWN. */
export function knownMachine({ cluster, machines }: Topology, name: string): Machine {
  assertMachines(
    [name],
    machines.map((machine) => machine.name),
    cluster,
  );
  return machines.find((machine) => machine.name === name)!;
}

/** Throws MACHINE_UNKNOWN for a name that is none of `known`. */
export function assertMachines(names: readonly string[], known: readonly string[], cluster: string): void {
  for (const name of names) {
    if (known.includes(name)) continue;
    const near = nearest(name, known);
    throw new UserError(
      "MACHINE_UNKNOWN",
      `${cluster} has no machine ${JSON.stringify(name)}`,
      near ? `did you mean ${near}?` : `name one of ${known.join(", ")}`,
    );
  }
}
