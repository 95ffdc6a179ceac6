import { describe, expect, it } from "@jest/globals";
import { casesFor, SIDES, type Case, type Run } from "../../../bench/limits/record.ts";
import { missing, tableOf, verdictOf } from "../../../bench/limits/summary.ts";

const ONE: Case = { algorithm: "fixed-window", clients: 100_000, answer: "refused" };

function run(times: readonly (readonly number[])[]): Pick<Run, "planned" | "series" | "rounds"> {
  const series = SIDES.map((side, index) => ({ ...ONE, side, us: times[index]! }));
  return { planned: [ONE], series, rounds: 3 };
}

describe("the summary of bench:limits", () => {
  it("has the median of each side, from the least to the 90th percentile", () => {
    const complete = run([
      [0.3, 0.1, 0.2],
      [0.5, 0.4, 9],
      [2, 2, 2],
    ]);
    expect(missing(complete)).toEqual([]);
    expect(tableOf(complete).split("\n").at(-1)).toMatch(
      /^\| fixed-window +\| 100000 clients \| refused \| 0\.20 \(0\.10 to 0\.30\) +\| 0\.50 \(0\.40 to 9\.00\) +\| 2\.00 \(2\.00 to 2\.00\) +\|$/,
    );
    expect(verdictOf(complete)).toBe(
      "a local decision, medians of all cases: decide 0.20 to 0.20 µs, check 0.50 to 0.50 µs, rate-limiter-flexible 2.00 to 2.00 µs",
    );
  });

  it("is not complete where a side was answered otherwise in a round, or never measured", () => {
    const partly = run([[0.3, 0.1], [0.5, 0.4, 9], []]);
    expect(missing(partly)).toEqual([
      "fixed-window, 100000 clients, refused, decide: 2 of 3 rounds",
      "fixed-window, 100000 clients, refused, rate-limiter-flexible: 0 of 3 rounds",
    ]);
    expect(verdictOf(partly)).toContain("rate-limiter-flexible: not measured");
  });

  it("plans every algorithm for the cluster, one client and many", () => {
    expect(casesFor(100_000)).toHaveLength(3 * 3 * 2 + 3);
    expect(casesFor(100_000)).toContainEqual(ONE);
  });
});
