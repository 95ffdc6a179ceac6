import { describe, expect, it } from "@jest/globals";
import { isGivenUp, retryDelayMs } from "../../../src/mailnode/queue/retry.ts";

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

describe("giving up", () => {
  /** When the tries of a message begin, in milliseconds after it came in, up to the last. */
  function lifeOf(lived: typeof policy): readonly number[] {
    const triesMs = [0];
    while (!isGivenUp(lived, triesMs.at(-1)!, triesMs.length))
      triesMs.push(triesMs.at(-1)! + retryDelayMs(lived, triesMs.length, { random: () => 0.999999 }));
    return triesMs;
  }

  it.each([
    ["many waits", { firstMs: 30_000, longestMs: 1_800_000, giveUpMs: 432_000_000 }],
    ["one wait", { firstMs: 30_000, longestMs: 30_000, giveUpMs: 30_000 }],
    ["waits that still grow", { firstMs: 7, longestMs: 1_000, giveUpMs: 1_000 }],
  ])("comes with the first try past its time, when that is reached in %s", (_what, lived) => {
    const triesMs = lifeOf(lived);
    expect(triesMs.filter((ms) => ms >= lived.giveUpMs)).toHaveLength(1);
  });

  it("comes once the waits come to the longest for a message that the clock made old at once", () => {
    const givenUp = [1, 2, 5, 6, 2_000].map((attempts) => isGivenUp(policy, 1e12, attempts));
    expect(givenUp).toEqual([false, false, false, true, true]);
  });
});
