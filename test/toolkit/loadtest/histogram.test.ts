import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { Histogram } from "../../../src/toolkit/loadtest/histogram.ts";

describe("a histogram", () => {
  it("answers each quantile to within 0.8 % of the exact one, and never below it by more than a microsecond", () => {
    const lengths = fc.array(fc.double({ min: 0, max: 600_000, noNaN: true }), {
      minLength: 1,
      maxLength: 300,
    });
    fc.assert(
      fc.property(lengths, fc.constantFrom(0.01, 0.5, 0.95, 0.99, 0.999, 1), (all, share) => {
        const histogram = new Histogram();
        for (const ms of all) histogram.add(ms);
        const exact = all.toSorted((a, b) => a - b)[Math.ceil(share * all.length) - 1]!;
        const found = histogram.quantile(share);
        expect(found).toBeGreaterThanOrEqual(exact - 0.001);
        expect(found).toBeLessThanOrEqual(exact * 1.008 + 0.001);
      }),
    );
  });

  it("counts every length between two edges once", () => {
    const histogram = new Histogram();
    for (const ms of [0.2, 1, 1.5, 9, 5_000]) histogram.add(ms);
    expect([histogram.between(0, 1), histogram.between(1, 10), histogram.between(10, Infinity)]).toEqual([
      2, 2, 1,
    ]);
    expect(histogram.max).toBe(5_000);
  });

  it("says 0 of nothing", () => {
    expect(new Histogram().quantile(0.5)).toBe(0);
  });
});
