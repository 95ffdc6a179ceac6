/**
 * One majority: more than half of a set of voters. Pure arithmetic; who the voters are and what they said come
 * from the caller.
 */
import type { Index, NodeId } from "../core/types.ts";

/** The highest index a voter is known to hold; undefined when nothing is known of it. */
export type AckedIndex = (voter: NodeId) => Index | undefined;

/** What a voter answered; undefined while it has not. */
export type VoteOf = (voter: NodeId) => boolean | undefined;

export type VoteResult = "won" | "lost" | "pending";

/** How many voters are a majority of `size`. */
export function majorityOf(size: number): number {
  return Math.floor(size / 2) + 1;
}

/**
 * The highest index that a majority holds (dissertation 3.5, figure 3.2 "matchIndex").
 *
 * The empty set holds everything, Infinity: so that the empty half of a joint configuration never decides.
 */
export function majorityCommitted(voters: readonly NodeId[], acked: AckedIndex): Index {
  const size = voters.length;
  if (size === 0) return Infinity;
  const indexes = new Array<number>(size);
  // Insertion sort: three to seven numbers, once for every acknowledgement.
  for (let count = 0; count < size; count++) {
    const index = acked(voters[count]!) ?? 0;
    let place = count;
    while (place > 0 && indexes[place - 1]! > index) {
      indexes[place] = indexes[place - 1]!;
      place--;
    }
    indexes[place] = index;
  }
  return indexes[size - majorityOf(size)]!;
}

/** Whether a majority granted, can no longer grant, or may still. The empty set grants. */
export function majorityVote(voters: readonly NodeId[], voteOf: VoteOf): VoteResult {
  if (voters.length === 0) return "won";
  let granted = 0;
  let missing = 0;
  for (const voter of voters) {
    const vote = voteOf(voter);
    if (vote === undefined) missing++;
    else if (vote) granted++;
  }
  const majority = majorityOf(voters.length);
  if (granted >= majority) return "won";
  return granted + missing >= majority ? "pending" : "lost";
}
