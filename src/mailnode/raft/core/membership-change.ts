/**
 * From one membership to the next (dissertation chapter 4), as pure functions: one voter at a time directly, any
 * set of changes through a joint configuration that is entered and left.
 */
import { majorityOf } from "../quorum/majority.ts";
import type { Membership, NodeId } from "./types.ts";

/** What a member is to become. A witness is a voter that never leads. */
export interface MemberChange {
  readonly become: "voter" | "witness" | "learner" | "removed";
  readonly id: NodeId;
}

/** Why a change cannot be; the text is for people. */
export interface ChangeRefused {
  readonly refused: string;
}

export function isJoint(membership: Membership): boolean {
  return membership.votersOutgoing.length > 0;
}

/** Applies changes in order, touching at most one voter. */
export function simpleChange(
  current: Membership,
  changes: readonly MemberChange[],
): Membership | ChangeRefused {
  if (isJoint(current)) return { refused: "can't apply simple config change in joint config" };
  const next = applyChanges(current, changes);
  if ("refused" in next) return next;
  if (votersChanged(current, next) > 1) {
    return { refused: "more than one voter changed without entering joint config" };
  }
  return next;
}

/** Makes today's voters the outgoing half, and applies changes to the incoming one. */
export function enterJoint(
  current: Membership,
  changes: readonly MemberChange[],
  autoLeave: boolean,
): Membership | ChangeRefused {
  if (isJoint(current)) return { refused: "config is already joint" };
  if (current.voters.length === 0) return { refused: "can't make a zero-voter config joint" };
  return applyChanges({ ...current, votersOutgoing: current.voters, autoLeave }, changes);
}

/** Drops the outgoing half; voters that wait to be learners become so. */
export function leaveJoint(current: Membership): Membership | ChangeRefused {
  if (!isJoint(current)) return { refused: "can't leave a non-joint config" };
  return {
    ...current,
    votersOutgoing: [],
    learners: [...current.learners, ...current.learnersNext].sort(),
    learnersNext: [],
    witnesses: current.witnesses.filter((id) => current.voters.includes(id)),
    autoLeave: false,
  };
}

/** How many voters are in only one of the two sets. */
export function votersChanged(from: Membership, to: Membership): number {
  const left = from.voters.filter((id) => !to.voters.includes(id)).length;
  return left + to.voters.filter((id) => !from.voters.includes(id)).length;
}

/** The changes that lead to exactly these members: "any set to any set". */
export function changesToward(
  current: Membership,
  target: {
    readonly voters: readonly NodeId[];
    readonly witnesses?: readonly NodeId[];
    readonly learners?: readonly NodeId[];
  },
): readonly MemberChange[] {
  const { voters, witnesses = [], learners = [] } = target;
  const stays = new Set([...voters, ...witnesses, ...learners]);
  const gone = [...current.voters, ...current.learners].filter((id) => !stays.has(id));
  return [
    ...voters.filter((id) => !witnesses.includes(id)).map((id) => ({ become: "voter", id }) as const),
    ...witnesses.map((id) => ({ become: "witness", id }) as const),
    ...learners.map((id) => ({ become: "learner", id }) as const),
    ...gone.map((id) => ({ become: "removed", id }) as const),
  ];
}

function applyChanges(current: Membership, changes: readonly MemberChange[]): Membership | ChangeRefused {
  const voters = new Set(current.voters);
  const learners = new Set(current.learners);
  const learnersNext = new Set(current.learnersNext);
  const witnesses = new Set(current.witnesses);
  const outgoing = new Set(current.votersOutgoing);
  for (const { become, id } of changes) {
    const known = voters.has(id) || learners.has(id) || outgoing.has(id);
    // A witness has no state and a member with state is no witness: either would lie about what it holds.
    if (become === "witness" && known && !witnesses.has(id)) {
      return { refused: `${id} holds state and cannot become a witness; remove it and join anew` };
    }
    if ((become === "voter" || become === "learner") && witnesses.has(id)) {
      return { refused: `${id} is a witness and holds no state; remove it and join anew` };
    }
    voters.delete(id);
    learners.delete(id);
    learnersNext.delete(id);
    if (become === "voter" || become === "witness") voters.add(id);
    if (become === "witness") witnesses.add(id);
    // Who still votes in the outgoing half becomes a learner when that half is dropped, not before.
    if (become === "learner") (outgoing.has(id) ? learnersNext : learners).add(id);
    if (become === "removed" && !outgoing.has(id)) witnesses.delete(id);
  }
  if (voters.size === 0) return { refused: "removed all voters" };
  const holdingState = [...voters].filter((id) => !witnesses.has(id)).length;
  if (voters.size - holdingState >= majorityOf(voters.size)) {
    return { refused: "witnesses would be a majority, and could commit what nobody can lead with" };
  }
  return {
    ...current,
    voters: [...voters].sort(),
    learners: [...learners].sort(),
    learnersNext: [...learnersNext].sort(),
    witnesses: [...witnesses].sort(),
  };
}
