import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import {
  changesToward,
  enterJoint,
  isJoint,
  leaveJoint,
  simpleChange,
  votersChanged,
} from "../../../../src/mailnode/raft/core/membership-change.ts";
import type { ChangeRefused } from "../../../../src/mailnode/raft/core/membership-change.ts";
import { NOBODY } from "../../../../src/mailnode/raft/core/membership-codec.ts";
import type { Membership } from "../../../../src/mailnode/raft/core/types.ts";

const IDS = ["a", "b", "c", "d", "e"];

function must(result: Membership | ChangeRefused): Membership {
  if ("refused" in result) throw new Error(result.refused);
  return result;
}

/** Any voters, at least one, and learners among the others. */
const members = fc
  .tuple(fc.subarray(IDS, { minLength: 1 }), fc.subarray(IDS))
  .map(([voters, rest]) => ({ voters, learners: rest.filter((id) => !voters.includes(id)) }));

describe("a membership change", () => {
  it("leads from any set to any set through one joint configuration", () => {
    fc.assert(
      fc.property(members, members, (from, to) => {
        const current: Membership = { ...NOBODY, ...from };
        const joint = must(enterJoint(current, changesToward(current, to), true));
        expect([joint.votersOutgoing, isJoint(joint)]).toEqual([from.voters, true]);
        const final = must(leaveJoint(joint));
        expect([final.voters, final.learners, final.learnersNext]).toEqual([to.voters, to.learners, []]);
        expect(isJoint(final)).toBe(false);
      }),
    );
  });

  it("without a joint configuration touches one voter at most", () => {
    fc.assert(
      fc.property(members, members, (from, to) => {
        const current: Membership = { ...NOBODY, ...from };
        const result = simpleChange(current, changesToward(current, to));
        if ("refused" in result) expect(result.refused).toMatch("more than one voter");
        else expect(votersChanged(current, result)).toBeLessThan(2);
      }),
    );
  });

  it("keeps witnesses a minority of every majority, and knows them in both halves", () => {
    const current: Membership = { ...NOBODY, voters: ["a", "b", "c"], witnesses: ["c"] };
    expect(simpleChange(current, [{ become: "witness", id: "d" }])).toMatchObject({ witnesses: ["c", "d"] });
    expect(
      enterJoint(
        current,
        [
          { become: "removed", id: "a" },
          { become: "removed", id: "b" },
        ],
        true,
      ),
    ).toEqual({
      refused: "witnesses would be a majority, and could commit what nobody can lead with",
    });
    const joint = must(
      enterJoint(
        current,
        [
          { become: "removed", id: "c" },
          { become: "witness", id: "w" },
        ],
        true,
      ),
    );
    expect(joint.witnesses).toEqual(["c", "w"]);
    expect(must(leaveJoint(joint)).witnesses).toEqual(["w"]);
  });

  it("never makes a witness of who holds state, nor the other way round", () => {
    const current: Membership = { ...NOBODY, voters: ["a", "b", "c"], witnesses: ["c"], learners: ["d"] };
    for (const id of ["a", "d"]) {
      expect(simpleChange(current, [{ become: "witness", id }])).toHaveProperty("refused");
    }
    for (const become of ["voter", "learner"] as const) {
      expect(simpleChange(current, [{ become, id: "c" }])).toHaveProperty("refused");
    }
    expect(simpleChange(current, [{ become: "witness", id: "c" }])).toMatchObject(current);
  });
});
