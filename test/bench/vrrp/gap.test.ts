import { describe, expect, it } from "@jest/globals";
import { gapOf, type Attempt } from "../../../bench/vrrp/gap.ts";

const good = (startedMs: number, endedMs: number): Attempt => ({ startedMs, endedMs, isGood: true });
const bad = (startedMs: number, endedMs: number): Attempt => ({ startedMs, endedMs, isGood: false });

describe("gapOf", () => {
  it("counts from the kill and from the last good answer before it to the first of the successor", () => {
    const attempts = [
      good(975, 980),
      good(1_100, 1_110),
      bad(1_125, 1_525),
      good(1_910, 1_930),
      good(1_935, 1_925),
    ];
    expect(gapOf(attempts, 1_000, 1_900)).toEqual({ answeredMs: 925, silentMs: 815 });
  });

  it("takes no answer for the successor's that was asked for before it bore the VIP", () => {
    const attempts = [good(975, 980), good(1_890, 1_905), good(1_915, 1_940)];
    expect(gapOf(attempts, 1_000, 1_900)).toEqual({ answeredMs: 940, silentMs: 35 });
  });

  it("knows no gap without an answer before and one after", () => {
    expect(gapOf([good(975, 980), bad(1_915, 2_315)], 1_000, 1_900)).toBeUndefined();
    expect(gapOf([good(1_915, 1_920)], 1_000, 1_900)).toBeUndefined();
    expect(gapOf([], 1_000, 1_900)).toBeUndefined();
  });
});
