import { UserError } from "../../support/errors.ts";
import { nearest } from "../../support/nearest.ts";

/** Throws MACHINE_UNKNOWN for a name that is none of `known`: names come from a command line. */
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
