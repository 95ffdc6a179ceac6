import { describe, expect, it } from "@jest/globals";
import { retryDelayMs } from "../../../src/mailnode/queue/retry.ts";

const policy = { firstMs: 1_000, longestMs: 30_000, giveUpMs: 1_000_000 };

describe("the wait between two tries", () => {
  it("doubles from the first to the longest", () => {
    const delays = [1, 2, 3, 4, 5, 6, 7, 100].map((attempts) =>
      retryDelayMs(policy, attempts, { random: () => 0 }),
    );
    expect(delays).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  });

  it("leaves up to a quarter to chance, and never waits longer", () => {
    expect(retryDelayMs(policy, 3, { random: () => 0.999999 })).toBe(3_000);
    expect(retryDelayMs(policy, 3, { random: () => 0.5 })).toBe(3_500);
  });
});
