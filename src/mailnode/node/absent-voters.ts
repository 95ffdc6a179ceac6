import { enterJoint, votersChanged, type MemberChange } from "../raft/core/membership-change.ts";
import type { Membership } from "../raft/core/types.ts";
import { majorityVote } from "../raft/quorum/majority.ts";

/**
 * Of the voters that changes lead to, those that are away, when the others are no majority of them. Empty when they are,
 * when no voter comes or goes, and when the log itself forbids the change, which is its to say.
 */
export function absentVoters(
  membership: Membership,
  changes: readonly MemberChange[],
  isHere: (id: string) => boolean,
): readonly string[] {
  const next = enterJoint(membership, changes, true);
  if ("refused" in next || votersChanged(membership, next) === 0) return [];
  return majorityVote(next.voters, isHere) === "won" ? [] : next.voters.filter((id) => !isHere(id));
}
