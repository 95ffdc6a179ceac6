import { membersText } from "./letter.ts";
import type { Picture } from "./side.ts";

/** How often what happened: a schedule in which nothing happens compares nothing. */
export class Counts {
  phases = 0;
  elections = 0;
  contests = 0;
  entries = 0;
  overwrites = 0;
  transfers = 0;
  compactions = 0;
  snapshots = 0;
  restarts = 0;
  cuts = 0;
  losses = 0;
  doubles = 0;
  /** Asked of a leader and of a follower, and how many were answered. */
  readsOfLeaders = 0;
  readsOfFollowers = 0;
  readsAnswered = 0;
  /** What came in force, while the two were in step: learners added and promoted, joint memberships. */
  changes = 0;
  learners = 0;
  promotions = 0;
  joint = 0;
  readsInJoint = 0;
  /** Given by nodes that know of no vote of theirs. */
  votesOfLearners = 0;
  /** Leaders that led their own removal. */
  removedLeaders = 0;

  /** What became of a node by one event. */
  note(then: Picture, { id, role, vote, last, members, reads }: Picture): void {
    if (role === "leader" && then.role !== "leader") this.elections++;
    const joint = members.votersOutgoing.length > 0;
    if (reads !== then.reads) {
      this.readsAnswered++;
      if (joint) this.readsInJoint++;
    }
    if (vote !== undefined && vote !== then.vote && !members.voters.includes(id)) this.votesOfLearners++;
    const [term, index] = last.split("/").map(Number);
    const [oldTerm, oldIndex] = then.last.split("/").map(Number);
    if (index! <= oldIndex! && term !== oldTerm) this.overwrites++;
    if (role !== "leader" || then.role !== "leader") return;
    const old = then.members;
    if (membersText(members) === membersText(old)) return;
    this.changes++;
    if (members.learners.some((one) => !old.learners.includes(one))) this.learners++;
    if (members.voters.some((one) => old.learners.includes(one))) this.promotions++;
    if (joint) this.joint++;
    if (!members.voters.includes(id)) this.removedLeaders++;
  }
}
