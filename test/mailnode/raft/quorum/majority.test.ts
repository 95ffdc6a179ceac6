import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import {
  majorityCommitted,
  majorityOf,
  majorityVote,
} from "../../../../src/mailnode/raft/quorum/majority.ts";

const IDS = ["a", "b", "c", "d", "e", "f", "g"];
const voters = fc.subarray(IDS, { minLength: 1 });
const indexes = fc.dictionary(fc.constantFrom(...IDS), fc.integer({ min: 0, max: 20 }));
const votes = fc.dictionary(fc.constantFrom(...IDS), fc.boolean());

describe("a majority", () => {
  it("is more than half", () => {
    expect([1, 2, 3, 4, 5, 6, 7].map(majorityOf)).toEqual([1, 2, 2, 3, 3, 4, 4]);
  });

  it("holds the highest index that more than half hold, in whatever order the indexes come", () => {
    fc.assert(
      fc.property(voters, indexes, (ids, held) => {
        // By trying every index instead of sorting.
        let expected = 0;
        for (let index = 0; index <= 20; index++) {
          if (ids.filter((id) => (held[id] ?? 0) >= index).length * 2 > ids.length) expected = index;
        }
        expect(majorityCommitted(ids, (id) => held[id])).toBe(expected);
      }),
    );
  });

  it("is won when it granted, lost when it no longer can, and pending between", () => {
    fc.assert(
      fc.property(voters, votes, (ids, given) => {
        const silent = ids.filter((id) => given[id] === undefined);
        const wins = (granted: number): boolean => granted * 2 > ids.length;
        const granted = ids.filter((id) => given[id] === true).length;
        const expected = wins(granted) ? "won" : wins(granted + silent.length) ? "pending" : "lost";
        expect(majorityVote(ids, (id) => given[id])).toBe(expected);
      }),
    );
  });

  it("of nobody holds everything and grants everything", () => {
    expect(majorityCommitted([], () => undefined)).toBe(Infinity);
    expect(majorityVote([], () => undefined)).toBe("won");
  });
});
