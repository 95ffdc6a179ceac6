import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { NOBODY } from "../../../../src/mailnode/raft/core/membership-codec.ts";
import { JointConfig } from "../../../../src/mailnode/raft/quorum/joint.ts";
import { majorityCommitted, majorityVote } from "../../../../src/mailnode/raft/quorum/majority.ts";

const IDS = ["a", "b", "c", "d", "e", "f"];
const half = fc.subarray(IDS);
const indexes = fc.dictionary(fc.constantFrom(...IDS), fc.integer({ min: 0, max: 9 }));
const votes = fc.dictionary(fc.constantFrom(...IDS), fc.boolean());

describe("the quorum of a joint configuration", () => {
  it("holds what both majorities hold", () => {
    fc.assert(
      fc.property(half, half, indexes, (incoming, outgoing, held) => {
        const acked = (id: string): number | undefined => held[id];
        const expected = [...Array(10).keys(), Infinity].filter(
          (index) =>
            majorityCommitted(incoming, acked) >= index && majorityCommitted(outgoing, acked) >= index,
        );
        expect(new JointConfig(incoming, outgoing).committedIndex(acked)).toBe(expected.at(-1));
      }),
    );
  });

  it("is won by both majorities, lost by either, and the same with the halves exchanged", () => {
    fc.assert(
      fc.property(half, half, votes, (incoming, outgoing, given) => {
        const voteOf = (id: string): boolean | undefined => given[id];
        const results = [majorityVote(incoming, voteOf), majorityVote(outgoing, voteOf)];
        const result = new JointConfig(incoming, outgoing).voteResult(voteOf);
        expect(result === "won").toBe(results.every((one) => one === "won"));
        expect(result === "lost").toBe(results.includes("lost"));
        expect(new JointConfig(outgoing, incoming).voteResult(voteOf)).toBe(result);
      }),
    );
  });

  it("never lets two disjoint sets of voters both win", () => {
    fc.assert(
      fc.property(half, half, votes, (incoming, outgoing, given) => {
        const quorum = new JointConfig(incoming, outgoing);
        fc.pre(quorum.ids().length > 0);
        const yes = quorum.voteResult((id) => given[id] === true);
        const no = quorum.voteResult((id) => given[id] !== true);
        expect([yes, no].filter((result) => result === "won").length).toBeLessThan(2);
      }),
    );
  });

  it("counts the voters of a membership, each once, and no learner", () => {
    const membership = { ...NOBODY, voters: ["a", "b"], votersOutgoing: ["b", "c"], learners: ["d"] };
    const quorum = JointConfig.of(membership);
    expect(quorum.ids()).toEqual(["a", "b", "c"]);
    expect(["a", "c", "d"].map((id) => quorum.has(id))).toEqual([true, true, false]);
  });
});
