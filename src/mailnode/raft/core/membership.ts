/** Membership change by the leader (dissertation 4.1 to 4.3): one at a time, and not before the term's first commit. */
import { appendMembership } from "./leader-log.ts";
import { enterJoint, isJoint, leaveJoint, simpleChange, votersChanged } from "./membership-change.ts";
import type { ChangeRefused, MemberChange } from "./membership-change.ts";
import type { RaftState } from "./state.ts";
import type { Entry, Membership } from "./types.ts";

/**
 * - auto: directly when at most one voter changes, else jointly and out again by itself;
 * - joint: jointly, out again by itself; explicit: jointly, until the leader is told to leave.
 */
export type Transition = "auto" | "joint" | "explicit";

export type MembershipRefusal = "not-leader" | "transferring" | "in-flight" | "before-first-commit";

export type MembershipResult = Entry | { readonly refused: MembershipRefusal } | ChangeRefused;

export function proposeMembership(
  state: RaftState,
  changes: readonly MemberChange[],
  transition: Transition,
): MembershipResult {
  const gate = refusal(state);
  if (gate !== undefined) return { refused: gate };
  const current = state.log.membership;
  const next =
    transition === "auto" ? directOrJoint(current, changes) : jointly(current, changes, transition);
  return "refused" in next ? next : appendMembership(state, next);
}

/** Ends a joint configuration that was entered explicitly. */
export function proposeLeave(state: RaftState): MembershipResult {
  const gate = refusal(state);
  if (gate !== undefined) return { refused: gate };
  const next = leaveJoint(state.log.membership);
  return "refused" in next ? next : appendMembership(state, next);
}

/** Once before every batch of output: leaves a committed joint configuration, whichever leader entered it. */
export function leaveWhenCommitted(state: RaftState): void {
  const current = state.log.membership;
  if (!isJoint(current) || !current.autoLeave || refusal(state) !== undefined) return;
  proposeLeave(state);
}

/** Whether this leader has led its own removal to the end and has to go (4.2.2). */
export function isOut(state: RaftState): boolean {
  const { log } = state;
  const { voters, votersOutgoing } = log.membership;
  return log.membershipIndex <= log.committed && votersOutgoing.length === 0 && !voters.includes(state.id);
}

function refusal(state: RaftState): MembershipRefusal | undefined {
  if (state.role !== "leader") return "not-leader";
  if (state.transferee !== undefined) return "transferring";
  // Two changes at once, or one upon another that a former leader left uncommitted, could make two majorities.
  if (state.log.membershipIndex > state.log.committed) return "in-flight";
  if (!state.committedInTerm) return "before-first-commit";
  return undefined;
}

function directOrJoint(current: Membership, changes: readonly MemberChange[]): Membership | ChangeRefused {
  const joint = enterJoint(current, changes, true);
  if ("refused" in joint || votersChanged(current, joint) > 1) return joint;
  return simpleChange(current, changes);
}

function jointly(
  current: Membership,
  changes: readonly MemberChange[],
  transition: "joint" | "explicit",
): Membership | ChangeRefused {
  return enterJoint(current, changes, transition === "joint");
}
