import { describe, expect, it } from "@jest/globals";
import { absentVoters } from "../../../src/mailnode/node/absent-voters.ts";
import type { MemberChange } from "../../../src/mailnode/raft/core/membership-change.ts";
import type { Membership } from "../../../src/mailnode/raft/core/types.ts";

const membership = (voters: string, changes: Partial<Membership> = {}): Membership => ({
  voters: [...voters],
  votersOutgoing: [],
  learners: [],
  learnersNext: [],
  witnesses: [],
  autoLeave: false,
  ...changes,
});
const made = (become: MemberChange["become"], id: string): MemberChange => ({ become, id });

describe("the voters that would be missing after a change", () => {
  it.each<[string, string, string, readonly MemberChange[], string]>([
    ["the third is away, and the second is to go", "abc", "ab", [made("removed", "b")], "c"],
    ["the third is away, and is to go", "abc", "ab", [made("removed", "c")], ""],
    ["the third is replaced", "abc", "abd", [made("voter", "d"), made("removed", "c")], ""],
    [
      "the third is replaced by one that is away",
      "abc",
      "ab",
      [made("voter", "d"), made("removed", "c")],
      "",
    ],
    ["a fourth comes while the third is away", "abc", "abd", [made("voter", "d")], ""],
    ["a fourth that is away comes too", "abc", "ab", [made("voter", "d")], "cd"],
    ["a witness that is away comes too", "abc", "ab", [made("witness", "w")], "cw"],
    ["a second comes that is away", "a", "a", [made("voter", "b")], "b"],
    ["a learner comes to those that have no quorum", "abc", "a", [made("learner", "d")], ""],
    ["the second becomes a learner while the third is away", "abc", "ab", [made("learner", "b")], "c"],
    ["the last goes, which the log forbids", "a", "", [made("removed", "a")], ""],
  ])("%s", (_, voters, here, changes, absent) => {
    const isHere = (id: string): boolean => here.includes(id);
    expect(absentVoters(membership(voters), changes, isHere)).toEqual([...absent]);
  });

  it("are the log's to judge while it is between two memberships", () => {
    const joint = membership("ab", { votersOutgoing: ["a", "b", "c"] });
    expect(absentVoters(joint, [made("removed", "b")], () => false)).toEqual([]);
  });
});
