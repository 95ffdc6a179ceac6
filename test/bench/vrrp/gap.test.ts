import { describe, expect, it } from "@jest/globals";
import { gapOf, silenceOf, type Attempt } from "../../../bench/vrrp/gap.ts";

const good = (startedMs: number, endedMs: number): Attempt => ({ startedMs, endedMs, isGood: true });
const bad = (startedMs: number, endedMs: number): Attempt => ({ startedMs, endedMs, isGood: false });

describe("gapOf", () => {
  const before = [good(975, 980), good(1_100, 1_110)];

  it("names the last good answer of the machine that died and the first of its successor", () => {
    const attempts = [...before, bad(1_125, 1_525), good(1_910, 1_930), good(1_915, 1_925)];
    const gap = gapOf(attempts, 1_000, 1_900);
    expect(gap).toEqual({ lastGood: [100, 110], firstGood: [915, 925] });
  });

  it("ends when a try is answered that had waited for the address, and that began before it moved", () => {
    const attempts = [...before, good(1_600, 1_905), good(1_915, 1_940)];
    expect(gapOf(attempts, 1_000, 1_900)).toEqual({ lastGood: [100, 110], firstGood: [600, 905] });
  });

  it("is not hidden by an answer of the successor that came before the move was known", () => {
    const attempts = [...before, good(1_880, 1_890), good(1_915, 1_940)];
    expect(gapOf(attempts, 1_000, 1_900)).toEqual({ lastGood: [100, 110], firstGood: [880, 890] });
  });

  it("has nothing to do with what was slow before the kill or after the move", () => {
    const attempts = [good(100, 110), good(975, 980), good(1_910, 1_920), good(5_000, 5_010)];
    expect(gapOf(attempts, 1_000, 1_900)).toEqual({ lastGood: [-25, -20], firstGood: [910, 920] });
  });

  it("is none without an answer after the move, or before it", () => {
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
