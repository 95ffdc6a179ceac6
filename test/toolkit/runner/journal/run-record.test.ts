import { describe, expect, it } from "@jest/globals";
import type { JournalEntry } from "../../../../src/toolkit/runner/journal/entry.ts";
import { latestFirst, readRun } from "../../../../src/toolkit/runner/journal/run-record.ts";

const begun: JournalEntry = {
  kind: "begun",
  seq: 0,
  at: 0,
  run: "r",
  cluster: "acme",
  runbook: "restart",
  command: "mbctl restart --rolling",
  arguments: {},
  operator: { user: "eve", host: "desk" },
  answers: {},
  description: "d",
};
const finished = (phase: string) => ({ kind: "phase-finished", seq: 1, at: 1, phase }) as const;
const undone = (phase: string) =>
  ({ kind: "step-undone", seq: 2, at: 2, phase, machine: "node-1", step: `${phase} it` }) as const;
const undoing = (phase: string) => ({ ...undone(phase), kind: "step-undoing" }) as const;
const started = (phase: string) => ({ ...undone(phase), kind: "step-started" }) as const;
const left = (...entries: readonly JournalEntry[]) => [...readRun([begun, ...entries])!.finishedPhases];

describe("what a journal says is finished", () => {
  it("ends before a phase that was taken back: what came after may have given back what it takes", () => {
    const all = ["drain", "restart", "undrain"].map(finished);
    expect(left(...all)).toEqual(["drain", "restart", "undrain"]);
    expect(left(...all, undone("drain"))).toEqual([]);
    expect(left(...all, undone("restart"))).toEqual(["drain"]);
  });

  it("ends there as soon as it is about to be taken back: nobody knows whether that came to be", () => {
    const entries = [started("drain"), ...["drain", "restart"].map(finished), undoing("drain")];
    expect(left(...entries)).toEqual([]);
    expect(readRun([begun, ...entries])!.startedSteps).toHaveLength(1);
    expect(readRun([begun, ...entries, undone("drain")])!.startedSteps).toEqual([]);
  });

  it("goes on from there when the run is resumed", () => {
    const again = [undone("restart"), finished("restart")];
    expect(left(finished("drain"), finished("restart"), finished("undrain"), ...again)).toEqual([
      "drain",
      "restart",
    ]);
  });
});

describe("of two copies of a journal", () => {
  const operator = { user: "eve", host: "laptop" };
  const copy = (...entries: readonly JournalEntry[]) => readRun([begun, ...entries])!;
  const long = copy(...["drain", "restart", "undrain"].map(finished));

  it("that of the later attempt is gone on with, however short", () => {
    for (const kind of ["resumed", "aborting"] as const) {
      const later = copy({ kind, seq: 1, at: 1, operator, command: "mbctl restart --rolling" });
      expect([long, later].toSorted(latestFirst)).toEqual([later, long]);
    }
    const ended = copy({ kind: "ended", seq: 1, at: 1, outcome: "superseded" });
    expect([long, ended].toSorted(latestFirst)).toEqual([ended, long]);
  });

  it("of one attempt the longer is gone on with", () => {
    expect([copy(), long].toSorted(latestFirst)).toEqual([long, copy()]);
  });
});
