import { describe, expect, it } from "@jest/globals";
import type { Run, Trial } from "../../../bench/fan-out/record.ts";
import { missing, rowsOf, tableOf, verdictOf } from "../../../bench/fan-out/summary.ts";

function run(times: Readonly<Record<string, readonly number[]>>, answered = 20): Run {
  const trials: readonly Trial[] = Object.entries(times).flatMap(([side, all]) =>
    all.map((ms, round) => ({ measure: "uptime", side, round, ms, answered, load: 1 })),
  );
  return {
    startedAt: "2026-01-01T00:00:00.000Z",
    command: "npm run bench:fan-out",
    machine: {},
    rounds: 3,
    planned: [{ measure: "uptime", machines: 20, sides: ["ours", "theirs"] }],
    trials,
  };
}

const complete = run({ ours: [900, 1_000, 1_400], theirs: [12_000, 11_000, 30_000] });

describe("the summary of a fan-out run", () => {
  it("has least, median and most of each program", () => {
    expect(rowsOf(complete)).toMatchObject([
      { side: "ours", rounds: 3, least: 900, median: 1_000, most: 1_400 },
      { side: "theirs", rounds: 3, least: 11_000, median: 12_000, most: 30_000 },
    ]);
    expect(tableOf(rowsOf(complete))).toContain(
      "| uptime   | 20       | ours    | 3      | 0.90 s  | 1.00 s",
    );
  });

  it("takes the mean of the two in the middle of an even count", () => {
    expect(rowsOf(run({ ours: [1, 2, 4, 9] }))[0]).toMatchObject({ median: 3 });
  });

  it("ends with the ratio of the medians", () => {
    expect(missing(complete)).toEqual([]);
    expect(verdictOf(complete)).toBe(
      "uptime on 20 machines: ours is 12.0 times as fast as theirs (1.00 s against 12.00 s, medians)",
    );
  });

  it("is not complete where a side was not measured, or not as often as planned", () => {
    const one = run({ ours: [900, 1_000, 1_400], theirs: [11_000] });
    expect(missing(one)).toEqual(["uptime, theirs: 1 of 3 rounds"]);
    const none = run({ ours: [900, 1_000, 1_400] });
    expect(missing(none)).toEqual(["uptime, theirs: 0 of 3 rounds"]);
    expect(verdictOf(none)).toBe("uptime on 20 machines: not measured");
  });

  it("does not count a round in which a machine did not answer", () => {
    expect(missing(run({ ours: [1, 2, 3], theirs: [1, 2, 3] }, 19))).toEqual([
      "uptime, ours: 0 of 3 rounds",
      "uptime, theirs: 0 of 3 rounds",
    ]);
  });
});
