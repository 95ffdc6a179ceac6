/** The arithmetic of quorums once more and in another way, so that the product's own is not its judge. */
import type { Membership, NodeId } from "../raft/core/types.ts";

/** Whether more than half of the voters say yes, in both halves of a joint membership. */
export function isQuorum(membership: Membership, says: (id: NodeId) => boolean): boolean {
  return [membership.voters, membership.votersOutgoing].every((voters) => {
    const yes = voters.filter((id) => says(id)).length;
    return voters.length === 0 || yes * 2 > voters.length;
  });
}
