import { UserError } from "../../../support/errors.ts";
import type { Topology } from "../../topology/topology.ts";
import { VOTING_TIERS, witnessOf } from "../../topology/voters.ts";

/**
 * A machine comes or goes only where the witness votes in the same tiers before and after it: a vote that begins or ends
 * meanwhile would make even what was odd. Throws WITNESS_CHANGES.
 */
export function refuseOtherWitness(before: Topology, after: Topology, command: string): void {
  const changed = VOTING_TIERS.filter(
    (tier) => witnessOf(before, tier)?.name !== witnessOf(after, tier)?.name,
  );
  const [tier] = changed;
  if (tier === undefined) return;
  const had = witnessOf(before, tier);
  const name = (had ?? witnessOf(after, tier))!.name;
  throw new UserError(
    "WITNESS_CHANGES",
    `${name} is the witness, and would ${had ? "no longer vote" : "vote"} in ${changed.join(", ")} afterwards`,
    `let ${command} change the number of machines with these roles by two, so that it stays even; a witness that was lost comes back with mbctl replace machine`,
  );
}
