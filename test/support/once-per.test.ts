import { describe, expect, it } from "@jest/globals";
import { oncePer } from "../../src/support/once-per.ts";

describe("an answer for many", () => {
  it("is shared while it is asked for, kept for its time from then on, and asked for again after", async () => {
    let now = 0;
    let asked = 0;
    let answer: (value: number) => void = () => undefined;
    const question = oncePer(1_000, { monotonic: () => now }, () => {
      asked++;
      return new Promise<number>((resolve) => (answer = resolve));
    });
    const together = [question(), question()];
    now = 5_000;
    const late = question();
    answer(1);
    expect(await Promise.all([...together, late])).toEqual([1, 1, 1]);
    now = 5_999;
    expect(await question()).toBe(1);
    expect(asked).toBe(1);
    now = 6_000;
    const next = question();
    answer(2);
    expect(await next).toBe(2);
    expect(asked).toBe(2);
  });
});
