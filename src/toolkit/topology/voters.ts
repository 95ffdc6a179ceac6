import { machinesWith, type Machine, type Role, type Topology } from "./topology.ts";

/** The tiers in which a majority decides. */
export const VOTING_TIERS = ["mail", "database", "cache", "storage"] as const satisfies readonly Role[];
export type VotingTier = (typeof VOTING_TIERS)[number];

export function isVotingTier(role: Role): role is VotingTier {
  return VOTING_TIERS.some((tier) => tier === role);
}

/**
 * The machine that votes in a tier without holding its data: the witness, where so many machines hold them that their
 * votes alone could split in halves. With an odd number one vote more would make them worse.
 */
export function witnessOf(topology: Topology, tier: VotingTier): Machine | undefined {
  const members = machinesWith(topology, tier).length;
  return members > 0 && members % 2 === 0 ? machinesWith(topology, "witness")[0] : undefined;
}

/** Every machine that votes in a tier: those that hold its data in the order of the description, then the witness. */
export function votersIn(topology: Topology, tier: VotingTier): readonly Machine[] {
  const witness = witnessOf(topology, tier);
  return witness ? [...machinesWith(topology, tier), witness] : machinesWith(topology, tier);
}

/** Whether a machine votes in a tier, with its data or without. */
export function votesIn(topology: Topology, machine: Machine, tier: VotingTier): boolean {
  return machine.roles.includes(tier) || isWitnessIn(topology, machine, tier);
}

export function isWitnessIn(topology: Topology, machine: Machine, tier: VotingTier): boolean {
  return witnessOf(topology, tier)?.name === machine.name;
}

/** The roles of all that vote in a tier: whom the firewall lets in where they talk with each other. */
export function voterRoles(topology: Topology, tier: VotingTier): readonly Role[] {
  return witnessOf(topology, tier) ? [tier, "witness"] : [tier];
}
