import type { ClusterMember } from "../../cluster/consensus.ts";
import type { Membership } from "../core/types.ts";

/** Everybody in a membership, sorted by id; in a joint one, who votes in either half is a voter. */
export function membersOf(membership: Membership): readonly ClusterMember[] {
  const { voters, votersOutgoing, learners, learnersNext, witnesses } = membership;
  const ids = new Set([...voters, ...votersOutgoing, ...learners, ...learnersNext]);
  return [...ids].sort().map((id) => ({
    id,
    voter: voters.includes(id) || votersOutgoing.includes(id),
    witness: witnesses.includes(id),
  }));
}
