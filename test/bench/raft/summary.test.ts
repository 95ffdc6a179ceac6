import { describe, expect, it } from "@jest/globals";
import { MEASURES, type LoadTrial, type Run } from "../../../bench/raft/record.ts";
import { faultRows, loadRows, pacedRows } from "../../../bench/raft/rows.ts";
import { missing, tablesOf, verdictOf } from "../../../bench/raft/summary.ts";

const trial = (side: LoadTrial["side"], perSecond: number, more: Partial<LoadTrial> = {}): LoadTrial => ({
  measure: "put",
  side,
  round: 0,
  clients: 1,
  answered: perSecond * 10,
  failed: 0,
  seconds: 10,
  p50Ms: 1,
  p99Ms: 2,
  worstMs: 3,
  cpuSeconds: 1,
  load: 0,
  ...more,
});

const run = (loads: readonly LoadTrial[], failovers: Run["failovers"] = []): Run => ({
  startedAt: "2026-01-01T00:00:00.000Z",
  command: "npm run bench:raft",
  machine: {},
  rounds: 1,
  measures: MEASURES,
  clients: [1],
  rates: [],
  faults: failovers.length > 0 ? 1 : 0,
  syncDelayMs: 5,
  loads,
  failovers,
  memory: [],
});

const whole = (ours: number, theirs: number): readonly LoadTrial[] =>
  MEASURES.flatMap((measure) => [
    trial("mailbastion", ours, { measure }),
    trial("etcd", theirs, { measure }),
  ]);

describe("the summary of bench:raft", () => {
  it("says how much the two differ, and marks a target that was missed", () => {
    expect(missing(run(whole(300, 100)))).toEqual([]);
    expect(verdictOf(run(whole(300, 100)))).toContain("put 3.00 at 1");
    expect(verdictOf(run(whole(300, 100)))).not.toContain("MISSED");
    expect(verdictOf(run(whole(140, 100)))).toContain("put 1.40 (target 1.5 MISSED) at 1");
  });

  it("names a side that was not measured, and counts no load in which calls failed", () => {
    const oneSided = whole(300, 100).filter(({ side }) => side === "mailbastion");
    expect(missing(run(oneSided))).toHaveLength(MEASURES.length);
    expect(verdictOf(run(oneSided))).toContain("MISSED");
    const failing = whole(300, 100).map((each) => ({ ...each, failed: 1 }));
    expect(missing(run(failing))).toHaveLength(2 * MEASURES.length);
  });

  it("takes the median of the rounds", () => {
    const loads = [100, 900, 200].map((perSecond) => trial("etcd", perSecond));
    const row = loadRows(run(loads)).find(({ side, measure }) => side === "etcd" && measure === "put")!;
    expect(row).toMatchObject({ rounds: 3, least: 100, perSecond: 200, most: 900 });
  });

  it("compares how long puts take that go out at a fixed rate, and names a side without them", () => {
    const at100 = (side: LoadTrial["side"], p50Ms: number) => ({
      ...trial(side, 100, { p50Ms }),
      perSecond: 100,
    });
    const both = { ...run(whole(3, 1)), rates: [100], paced: [at100("mailbastion", 1.5), at100("etcd", 1)] };
    expect(pacedRows(both).map(({ side, rate, p50Ms }) => [side, rate, p50Ms])).toEqual([
      ["mailbastion", 100, 1.5],
      ["etcd", 100, 1],
    ]);
    expect(missing(both)).toEqual([]);
    expect(verdictOf(both)).toContain("p50 at 100 puts a second 1.50 against 1.00 ms");
    expect(tablesOf(both)).toContain("puts sent /s");
    expect(missing({ ...both, paced: both.paced.slice(1) })).toEqual([
      "100 puts a second, mailbastion: 0 of 1 rounds",
    ]);
  });

  it("reads a run from before there were other measures", () => {
    const {
      measures: _measures,
      rates: _rates,
      ...earlier
    } = run(whole(3, 1).filter(({ measure }) => ["put", "get", "slow-disk put"].includes(measure)));
    expect(missing(earlier)).toEqual([]);
    expect(tablesOf(earlier)).not.toContain("puts sent /s");
  });

  it("compares how long clients waited for another leader, and says when one never came", () => {
    const failovers = (["kill -9", "SIGSTOP"] as const).flatMap((fault) => [
      { fault, side: "mailbastion", round: 0, ms: 1500, load: 0 } as const,
      { fault, side: "etcd", round: 0, ms: 1200, load: 0 } as const,
    ]);
    expect(verdictOf(run(whole(3, 1), failovers))).toContain("kill -9 1500 against 1200 ms (target MISSED)");
    const [first, ...rest] = failovers;
    const silent = run(whole(3, 1), [{ fault: first!.fault, side: first!.side, round: 0, load: 0 }, ...rest]);
    expect(missing(silent)).toEqual(["kill -9, mailbastion: 0 of 1 times"]);
    expect(faultRows(silent)).toHaveLength(4);
  });
});
