import { describe, expect, it } from "@jest/globals";
import { formatMembership } from "../../../../src/mailnode/raft/core/format.ts";
import {
  enterJoint,
  leaveJoint,
  simpleChange,
} from "../../../../src/mailnode/raft/core/membership-change.ts";
import type { ChangeRefused, MemberChange } from "../../../../src/mailnode/raft/core/membership-change.ts";
import { NOBODY } from "../../../../src/mailnode/raft/core/membership-codec.ts";
import type { Membership } from "../../../../src/mailnode/raft/core/types.ts";
import { Tracker } from "../../../../src/mailnode/raft/tracker/tracker.ts";
import { casesOf } from "../harness/datadriven.ts";
import type { Case } from "../harness/datadriven.ts";

const BECOME = { v: "voter", l: "learner", r: "removed" } as const;

/** "v2 l3 r1"; updates change no member, and there is no member 0. */
function changesOf(input: string): readonly MemberChange[] {
  return input
    .split(/\s+/)
    .filter((word) => word !== "" && !word.startsWith("u") && word.slice(1) !== "0")
    .map((word) => ({ become: BECOME[word[0] as keyof typeof BECOME], id: word.slice(1) }));
}

/** One file is one history: what a case leaves, the next one finds. */
function play(cases: readonly Case[]): readonly string[] {
  const tracker = new Tracker("self", { maxInflightMessages: 10, maxInflightBytes: 1000 });
  let membership: Membership = NOBODY;
  return cases.map(({ command, args, input }, place) => {
    const next = change(membership, command, args.get("autoleave")?.[0] === "true", changesOf(input));
    if ("refused" in next) return next.refused;
    membership = next;
    // The data counts the commands as the log's last index, and probes new members there.
    tracker.reconfigure(membership, place - 1);
    return [formatMembership(membership), ...progressOf(membership, tracker)].join("\n");
  });
}

function change(
  membership: Membership,
  command: string,
  autoLeave: boolean,
  changes: readonly MemberChange[],
): Membership | ChangeRefused {
  if (command === "simple") return simpleChange(membership, changes);
  return command === "enter-joint" ? enterJoint(membership, changes, autoLeave) : leaveJoint(membership);
}

function progressOf(membership: Membership, tracker: Tracker): readonly string[] {
  const { voters, votersOutgoing, learners, learnersNext } = membership;
  const ids = [...new Set([...voters, ...votersOutgoing, ...learners, ...learnersNext])];
  return ids
    .sort((left, right) => Number(left) - Number(right))
    .map((id) => {
      const { match, next, state } = tracker.of(id)!;
      expect(state).toBe("probe");
      return `${id}: StateProbe match=${match} next=${next}${learners.includes(id) ? " learner" : ""}`;
    });
}

describe("the membership change test data of etcd's raft", () => {
  const cases = casesOf("confchange");
  const files = [...new Set(cases.map(({ file }) => file))];

  it("is read whole", () => {
    expect(cases.length).toBeGreaterThan(50);
  });

  it.each(files)("%s comes to the same members and refusals", (file) => {
    const own = cases.filter((one) => one.file === file);
    expect(play(own)).toEqual(own.map(({ expected }) => expected));
  });
});
