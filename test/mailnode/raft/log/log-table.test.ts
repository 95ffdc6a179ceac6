import { describe, expect, it } from "@jest/globals";
import { LogOrderError, LogTable } from "../../../../src/mailnode/raft/log/log-table.ts";
import { EMPTY_CHECKPOINT } from "../../../../src/mailnode/raft/log/payloads.ts";
import { entry, snapshotOf } from "./log-story.ts";

const place = (at: number) => ({ segment: 1, at });

function tableOf(...logIds: readonly (readonly [term: number, index: number])[]): LogTable {
  const table = new LogTable(EMPTY_CHECKPOINT);
  for (const [term, index] of logIds)
    table.put({ kind: "entry", entry: entry(term, index) }, place(index * 10));
  return table;
}

const terms = (table: LogTable) =>
  Array.from({ length: table.lastIndex - table.firstIndex + 1 }, (_, i) => table.term(table.firstIndex + i));

describe("the table of a log", () => {
  it("knows term, size and place of each entry, and of the place before the first its term", () => {
    const table = tableOf([1, 1], [1, 2], [3, 3]);
    expect([table.term(0), table.term(1), table.term(3), table.term(4)]).toEqual([0, 1, 3, undefined]);
    expect(table.place(2)).toEqual({ segment: 1, at: 20 });
    expect(table.size(2)).toBe(20);
  });

  it("lets an entry of a smaller index overrule all from there on", () => {
    const table = tableOf([1, 1], [1, 2], [1, 3], [2, 2]);
    expect(terms(table)).toEqual([1, 2]);
  });

  it("keeps entries when the snapshot is one that they lead to, and none otherwise", () => {
    const table = tableOf([1, 1], [1, 2], [1, 3]);
    table.put({ kind: "snapshot", snapshot: snapshotOf(1, 2), replaces: false }, place(0));
    expect([table.firstIndex, table.lastIndex]).toEqual([1, 3]);
    table.put({ kind: "snapshot", snapshot: snapshotOf(2, 9), replaces: true }, place(0));
    expect([table.firstIndex, table.lastIndex, table.term(9)]).toEqual([10, 9, 2]);
  });

  it("gives up entries up to a compaction and remembers the term there", () => {
    const table = tableOf([1, 1], [2, 2], [3, 3]);
    table.put({ kind: "compaction", compacted: { term: 2, index: 2 } }, place(0));
    expect([table.firstIndex, table.term(1), table.term(2), table.term(3)]).toEqual([3, undefined, 2, 3]);
  });

  it("begins where the oldest segment that is left begins, until the compaction comes that explains it", () => {
    const table = tableOf([3, 50], [3, 51]);
    expect(table.firstIndex).toBe(50);
    table.put({ kind: "compaction", compacted: { term: 3, index: 50 } }, place(0));
    expect([table.firstIndex, table.lastIndex]).toEqual([51, 51]);
  });

  it.each([
    ["leaves a gap", [1, 4]],
    ["has a lower term than the one before", [0, 3]],
    ["has index 0", [1, 0]],
  ] as const)("refuses an entry that %s", (_, [term, index]) => {
    const table = tableOf([1, 1], [1, 2]);
    expect(() => table.put({ kind: "entry", entry: entry(term, index) }, place(0))).toThrow(LogOrderError);
  });
});
