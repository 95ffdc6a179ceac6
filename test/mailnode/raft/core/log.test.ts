import { describe, expect, it } from "@jest/globals";
import { InvariantViolation } from "../../../../src/mailnode/raft/core/invariant.ts";
import { entryBytes, RaftLog } from "../../../../src/mailnode/raft/core/log.ts";
import { encodeMembership, NOBODY } from "../../../../src/mailnode/raft/core/membership-codec.ts";
import type { Entry } from "../../../../src/mailnode/raft/core/types.ts";

/** Entries from `first` on with these terms. */
function entries(first: number, ...terms: readonly number[]): Entry[] {
  return terms.map((term, place) => ({ term, index: first + place, kind: "data", data: new Uint8Array(8) }));
}

function logOf(terms: readonly number[], commit = 0, base = 0): RaftLog {
  const snapshot = { term: base === 0 ? 0 : 1, index: base, membership: NOBODY };
  const hardState = { term: 9, vote: undefined, commit };
  return new RaftLog({ hardState, snapshot, entries: entries(base + 1, ...terms), applied: base });
}

const terms = (log: RaftLog): number[] =>
  Array.from({ length: log.lastIndex - log.firstIndex + 1 }, (_, place) =>
    log.termAt(log.firstIndex + place)!,
  );

describe("the log", () => {
  it("takes what follows a place that both logs have, and says how far they agree", () => {
    const log = logOf([1, 1]);
    expect(log.accept(2, 1, entries(3, 2, 2))).toBe(4);
    expect(terms(log)).toEqual([1, 1, 2, 2]);
  });

  it("refuses what follows a place that it has not, and changes nothing", () => {
    const log = logOf([1, 1]);
    expect(log.accept(3, 1, entries(4, 1))).toBeUndefined();
    expect(log.accept(2, 2, entries(3, 2))).toBeUndefined();
    expect(terms(log)).toEqual([1, 1]);
  });

  it("removes entries only from the first one that differs", () => {
    const log = logOf([1, 1, 1, 1]);
    expect(log.accept(0, 0, entries(1, 1, 1))).toBe(2);
    expect(terms(log)).toEqual([1, 1, 1, 1]);
    expect(log.accept(1, 1, entries(2, 1, 2))).toBe(3);
    expect(terms(log)).toEqual([1, 1, 2]);
  });

  it("never removes what is committed: whoever wants that is no leader of this cluster", () => {
    const log = logOf([1, 1, 1], 2);
    expect(() => log.accept(1, 1, entries(2, 2))).toThrow(InvariantViolation);
  });

  it("takes what is compacted away as equal, and what follows behind it", () => {
    const log = logOf([1, 1], 0, 5);
    expect(log.accept(2, 1, entries(3, 1, 1))).toBe(4);
    expect(log.accept(3, 1, entries(4, 1, 1, 1, 1, 2))).toBe(8);
    expect(terms(log)).toEqual([1, 1, 2]);
  });

  it("finds the last place whose term is not above another", () => {
    const log = logOf([1, 1, 3, 3, 5]);
    expect(log.lastBelow(5, 4)).toEqual({ index: 4, term: 3 });
    expect(log.lastBelow(9, 2)).toEqual({ index: 2, term: 1 });
    expect(log.lastBelow(3, 0)).toEqual({ index: 0, term: 0 });
    expect(logOf([4], 0, 5).lastBelow(3, 1)).toEqual({ index: 3, term: 0 });
  });

  it("hands every entry to the disk once, and again when it was overwritten", () => {
    const log = logOf([1]);
    log.accept(1, 1, entries(2, 1, 1));
    expect(log.takeUnwritten().map(({ index }) => index)).toEqual([2, 3]);
    expect(log.takeUnwritten()).toEqual([]);
    log.accept(1, 1, entries(2, 2));
    expect(log.takeUnwritten().map(({ term, index }) => `${term}/${index}`)).toEqual(["2/2"]);
  });

  it("counts as durable what the disk confirms, if the log still holds it", () => {
    const log = logOf([1]);
    log.accept(1, 1, entries(2, 1, 1));
    log.persisted({ term: 1, index: 2 });
    expect(log.durable).toBe(2);
    log.accept(1, 1, entries(2, 2, 2));
    expect(log.durable).toBe(1);
    log.persisted({ term: 1, index: 3 });
    expect(log.durable).toBe(1);
    log.persisted({ term: 2, index: 3 });
    expect(log.durable).toBe(3);
  });

  it("gives the state machine what is committed and durable, no more than it can hold at once", () => {
    const log = logOf([1]);
    log.accept(1, 1, entries(2, 1, 1, 1));
    log.commitTo(4);
    expect(log.takeCommitted(1000).map(({ index }) => index)).toEqual([1]);
    log.persisted({ term: 1, index: 4 });
    const two = 2 * entryBytes(entries(1, 1)[0]!);
    expect(log.takeCommitted(two).map(({ index }) => index)).toEqual([2]);
    expect(log.takeCommitted(two)).toEqual([]);
    log.appliedTo(2);
    expect(log.takeCommitted(two).map(({ index }) => index)).toEqual([3, 4]);
    expect(() => log.appliedTo(5)).toThrow(InvariantViolation);
  });

  it("cuts a slice at the size, and gives one entry however large", () => {
    const log = logOf([1, 1, 1]);
    const one = entryBytes(entries(1, 1)[0]!);
    expect(log.slice(1, 2 * one)).toHaveLength(2);
    expect(log.slice(2, 1).map(({ index }) => index)).toEqual([2]);
    expect(log.slice(1, Infinity, 2)).toHaveLength(2);
  });

  it("forgets what a snapshot covers, and nothing else", () => {
    const log = logOf([1, 1, 2], 2);
    log.takeCommitted(1000);
    log.appliedTo(2);
    expect(() => log.compact(1)).toThrow(InvariantViolation);
    expect(() => log.snapshotTaken({ term: 2, index: 3, membership: NOBODY })).toThrow(InvariantViolation);
    log.snapshotTaken({ term: 1, index: 2, membership: NOBODY });
    log.compact(1);
    expect([log.firstIndex, log.termAt(1), log.termAt(0)]).toEqual([2, 1, undefined]);
    log.compact(2);
    expect(terms(log)).toEqual([2]);
  });

  it("is replaced by a snapshot whole, and that is not durable before the disk says so", () => {
    const log = logOf([1, 1, 1], 1);
    log.restore({ term: 3, index: 9, membership: { ...NOBODY, voters: ["a"] } });
    expect([log.firstIndex, log.lastIndex, log.committed, log.applied, log.durable]).toEqual([
      10, 9, 9, 9, 0,
    ]);
    expect(log.membership.voters).toEqual(["a"]);
    log.persisted({ term: 3, index: 9 });
    expect(log.durable).toBe(9);
  });

  it("follows the latest membership it holds, and falls back when that is overwritten", () => {
    const log = logOf([1]);
    const config = (index: number, voters: readonly string[]): Entry => {
      return { term: 1, index, kind: "config", data: encodeMembership({ ...NOBODY, voters }) };
    };
    log.append(config(2, ["a"]));
    log.append(config(3, ["a", "b"]));
    expect([log.membership.voters, log.membershipIndex]).toEqual([["a", "b"], 3]);
    expect(log.membershipAt(2).voters).toEqual(["a"]);
    expect(log.possibleMemberships.map(({ voters }) => voters.length)).toEqual([0, 1, 2]);
    log.accept(2, 1, entries(3, 2));
    expect([log.membership.voters, log.membershipIndex]).toEqual([["a"], 2]);
  });

  it("is not begun from a disk that lost what it had promised", () => {
    expect(() => logOf([1], 2)).toThrow("committed and its log ends at 1");
    expect(() => logOf([10])).toThrow("says that the term is 9");
    const snapshot = { term: 0, index: 0, membership: NOBODY };
    const hardState = { term: 9, vote: undefined, commit: 0 };
    expect(() => new RaftLog({ hardState, snapshot, entries: entries(2, 1), applied: 0 })).toThrow(
      "cannot follow 0/0",
    );
  });
});
