import { describe, expect, it } from "@jest/globals";
import { Histogram } from "../../src/support/histogram.ts";

describe("a histogram", () => {
  it("counts what is at most so large, all that there is, and its sum", () => {
    const histogram = new Histogram([1, 10]);
    for (const value of [0.5, 1, 2, 100]) histogram.observe(value);
    expect(histogram.figures()).toEqual({
      buckets: [
        { atMost: 1, count: 2 },
        { atMost: 10, count: 3 },
      ],
      count: 4,
      sum: 103.5,
    });
  });
});
