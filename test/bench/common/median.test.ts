import { describe, expect, it } from "@jest/globals";
import { medianOf } from "../../../bench/common/median.ts";

describe("the median", () => {
  it.each([
    [[], NaN],
    [[7], 7],
    [[30, 1, 2], 2],
    [[4, 1, 100, 2], 3],
  ])("of %j is %p", (values, median) => {
    expect(medianOf(values)).toBe(median);
  });
});
