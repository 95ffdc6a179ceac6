import { describe, expect, it } from "@jest/globals";
import type { JournalEntry } from "../../../../src/toolkit/runner/journal/entry.ts";
import { readRun } from "../../../../src/toolkit/runner/journal/run-record.ts";

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
const left = (...entries: readonly JournalEntry[]) => [...readRun([begun, ...entries])!.finishedPhases];

describe("what a journal says is finished", () => {
  it("ends before a phase that was taken back: what came after may have given back what it takes", () => {
    const all = ["drain", "restart", "undrain"].map(finished);
    expect(left(...all)).toEqual(["drain", "restart", "undrain"]);
    expect(left(...all, undone("drain"))).toEqual([]);
    expect(left(...all, undone("restart"))).toEqual(["drain"]);
  });

  it("goes on from there when the run is resumed", () => {
    const again = [undone("restart"), finished("restart")];
    expect(left(finished("drain"), finished("restart"), finished("undrain"), ...again)).toEqual([
      "drain",
      "restart",
    ]);
  });
});
