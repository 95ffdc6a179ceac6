import * as z from "zod";
import { UserError } from "../../../support/errors.ts";
import type { Machine } from "../../topology/topology.ts";

/** What a failover is told. */
export const failoverArguments = z.strictObject({ to: z.string().optional() });
export type FailoverArguments = z.output<typeof failoverArguments>;

/** A machine that might take over, with what speaks against it; "" when nothing does. */
export interface Candidate {
  readonly machine: Machine;
  readonly fault: string;
}

/**
 * The machine that takes over: the one that was named, or the first fit one in the order of the description.
 *
 * Throws FAILOVER_UNKNOWN, FAILOVER_HOLDS_ALREADY, FAILOVER_UNFIT or FAILOVER_NOWHERE.
 *
 * @param what as a person reads it, "the VIP"
 */
export function chooseTarget(
  what: string,
  holder: Machine,
  candidates: readonly Candidate[],
  to: string | undefined,
): Machine {
  const others = candidates.filter(({ machine }) => machine.name !== holder.name);
  const faults = others.map(({ machine, fault }) => `${machine.name}: ${fault || "fit"}`).join("; ");
  if (to === undefined) {
    const fit = others.find(({ fault }) => fault === "");
    if (fit) return fit.machine;
    throw new UserError(
      "FAILOVER_NOWHERE",
      `no other machine than ${holder.name} can take ${what} over (${faults || "there is no other"})`,
      "let mbctl status say what is wrong and mend it first",
    );
  }
  if (to === holder.name) {
    throw new UserError("FAILOVER_HOLDS_ALREADY", `${to} has ${what} already`, "there is nothing to do");
  }
  const named = others.find(({ machine }) => machine.name === to);
  if (!named) {
    throw new UserError(
      "FAILOVER_UNKNOWN",
      `${to} cannot take ${what} over: it is none of ${candidates.map(({ machine }) => machine.name).join(", ")}`,
      "name one of these",
    );
  }
  if (named.fault === "") return named.machine;
  throw new UserError(
    "FAILOVER_UNFIT",
    `${to} cannot take ${what} over: ${named.fault}`,
    "let mbctl status say what is wrong, or name another machine",
  );
}
