import { describe, expect, it } from "@jest/globals";
import { InvariantViolation } from "../../../../src/mailnode/raft/core/invariant.ts";
import { NOBODY } from "../../../../src/mailnode/raft/core/membership-codec.ts";
import { MembershipHistory } from "../../../../src/mailnode/raft/core/membership-history.ts";

function history(): MembershipHistory {
  const made = new MembershipHistory({ index: 2, membership: NOBODY });
  made.append(5, { ...NOBODY, voters: ["a"] });
  made.append(9, { ...NOBODY, voters: ["a", "b"] });
  return made;
}

describe("the memberships of a log", () => {
  it("are in force from their entry on", () => {
    expect([2, 4, 5, 8, 9, 100].map((index) => history().at(index).index)).toEqual([2, 2, 5, 5, 9, 9]);
    expect(
      history()
        .since(6)
        .map(({ index }) => index),
    ).toEqual([5, 9]);
  });

  it("are taken back with the log, but for the one that a snapshot holds", () => {
    const truncated = history();
    truncated.truncateFrom(6);
    expect(truncated.latest.index).toBe(5);
    truncated.truncateFrom(1);
    expect(truncated.latest.index).toBe(2);
  });

  it("are forgotten with the log, but for the one that is still in force there", () => {
    const compacted = history();
    compacted.compactTo(7);
    expect([compacted.at(7).index, compacted.latest.index]).toEqual([5, 9]);
    expect(() => compacted.at(4)).toThrow(InvariantViolation);
  });
});
