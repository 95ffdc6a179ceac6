import { describe, expect, it } from "@jest/globals";
import type { Kill, Tier } from "../../../bench/failover/record.ts";
import { missing, rowsOf, tableOf, verdictOf } from "../../../bench/failover/summary.ts";

const kill = (tier: Tier, gapMs?: number): Kill => ({
  tier,
  killed: "node-1",
  held: [tier],
  ...(gapMs !== undefined && { gapMs }),
  tries: 10,
  failed: 5,
  load: 1,
});
const measured = {
  kills: [kill("vip", 700), kill("vip", 1_200), kill("vip", 800), kill("cache", 3_000), kill("cache")],
  recoveries: [
    { commandMs: 12_000, exitCode: 0, load: 1 },
    { commandMs: 5_000, exitCode: 1, load: 1 },
    { savedView: "kept" as const, commandMs: 9_000, exitCode: 0, load: 1 },
  ],
};

describe("the table of a failover run", () => {
  it("has median, worst and how many were over the target, of what was answered and succeeded", () => {
    const table = tableOf(rowsOf(measured)).split("\n");
    expect(table).toContain("| vip | 3 | 800 ms | 1200 ms | 1000 ms | 1 |");
    expect(table).toContain("| cache | 1 | 3000 ms | 3000 ms | 3500 ms | 0 |");
    expect(table).toContain("| recovery (view kept) | 1 | 9000 ms | 9000 ms | 15000 ms | 0 |");
    expect(table).toContain("| recovery | 1 | 12000 ms | 12000 ms | 15000 ms | 0 |");
  });

  it("ends with a line that holds each median against its target", () => {
    expect(verdictOf(rowsOf(measured))).toBe(
      "median against target: vip 0.80, cache 0.86, recovery (view kept) 0.60, recovery 0.80",
    );
  });
});

describe("a failover run that did not measure all", () => {
  it("says what is missing, and why it ended", () => {
    const run = { startedAt: "", command: "", machine: {}, ...measured, endedBy: "Ctrl-C" };
    expect(missing(run, { kills: 3, recoveries: 1, yes: true, results: [] })).toEqual([
      "ended early: Ctrl-C",
      "mail: 0 of 3 were answered in time",
      "cache: 1 of 3 were answered in time",
      "writer: 0 of 3 were answered in time",
    ]);
  });
});
