import { describe, expect, it } from "@jest/globals";
import type { LoadTrial, Run } from "../../../bench/raft/record.ts";
import { faultRows, loadRows, missing, verdictOf } from "../../../bench/raft/summary.ts";

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
  clients: [1],
  faults: failovers.length > 0 ? 1 : 0,
  syncDelayMs: 5,
  loads,
  failovers,
  memory: [],
});

const whole = (ours: number, theirs: number): readonly LoadTrial[] =>
  (["put", "get", "slow-disk put"] as const).flatMap((measure) => [
    trial("mailbastion", ours, { measure }),
    trial("etcd", theirs, { measure }),
  ]);

describe("the summary of bench:raft", () => {
  it("says how much the two differ, and marks a target that was missed", () => {
    expect(missing(run(whole(300, 100)))).toEqual([]);
    expect(verdictOf(run(whole(300, 100)))).toContain("puts 3.00 at 1");
    expect(verdictOf(run(whole(300, 100)))).not.toContain("MISSED");
    expect(verdictOf(run(whole(140, 100)))).toContain("puts 1.40 (target 1.5 MISSED) at 1");
  });

  it("names a side that was not measured, and counts no load in which calls failed", () => {
    const oneSided = whole(300, 100).filter(({ side }) => side === "mailbastion");
    expect(missing(run(oneSided))).toHaveLength(3);
    expect(verdictOf(run(oneSided))).toContain("MISSED");
    const failing = whole(300, 100).map((each) => ({ ...each, failed: 1 }));
    expect(missing(run(failing))).toHaveLength(6);
  });

  it("takes the median of the rounds", () => {
    const loads = [100, 900, 200].map((perSecond) => trial("etcd", perSecond));
    const row = loadRows(run(loads)).find(({ side, measure }) => side === "etcd" && measure === "put")!;
    expect(row).toMatchObject({ rounds: 3, least: 100, perSecond: 200, most: 900 });
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
