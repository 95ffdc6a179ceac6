import { describe, expect, it } from "@jest/globals";
import { gapOf, silenceOf, type Attempt } from "../../../bench/vrrp/gap.ts";

const good = (startedMs: number, endedMs: number): Attempt => ({ startedMs, endedMs, isGood: true });
const bad = (startedMs: number, endedMs: number): Attempt => ({ startedMs, endedMs, isGood: false });

describe("gapOf", () => {
  it("names the last good answer of the machine that died and the first of its successor", () => {
    const attempts = [
      good(975, 980),
      good(1_100, 1_110),
      bad(1_125, 1_525),
      good(1_910, 1_930),
      good(1_915, 1_925),
    ];
    const gap = gapOf(attempts, 1_000, 1_900);
    expect(gap).toEqual({ lastGood: [100, 110], firstGood: [915, 925] });
  });

  it("takes a try that waited for the address for the successor's, when it was answered", () => {
    const attempts = [good(975, 980), good(1_600, 1_905), good(1_915, 1_940)];
    expect(gapOf(attempts, 1_000, 1_900)).toEqual({ lastGood: [-25, -20], firstGood: [600, 905] });
  });

  it("knows no gap without an answer on both sides", () => {
    expect(gapOf([good(975, 980), bad(1_915, 2_315)], 1_000, 1_900)).toBeUndefined();
    expect(gapOf([good(1_915, 1_920)], 1_000, 1_900)).toBeUndefined();
    expect(gapOf([], 1_000, 1_900)).toBeUndefined();
  });
});

describe("silenceOf", () => {
  it("counts from the start of the last try that was answered", () => {
    expect(silenceOf({ lastGood: [100, 110], firstGood: [900, 925] })).toBe(825);
  });
});
