import { describe, expect, it } from "@jest/globals";
import { aheadOfMedian, offsetOf } from "../../../src/toolkit/status/clock-offset.ts";

describe("the offset of a machine's clock", () => {
  it("does not count the time that the machine took", () => {
    // 5 ms there, 3 s of work, 5 ms back; the machine is 700 ms ahead.
    expect(offsetOf(1_000, { begin: 1_705, end: 4_705 }, 4_010)).toEqual({ aheadMs: 700, uncertaintyMs: 5 });
  });

  it("is as uncertain as half the way there and back", () => {
    const slowThere = offsetOf(0, { begin: 400, end: 500 }, 500);
    expect(slowThere).toEqual({ aheadMs: 200, uncertaintyMs: 200 });
  });
});

describe("the offsets of a cluster", () => {
  const of = (...ahead: readonly number[]) =>
    [
      ...aheadOfMedian(
        new Map(ahead.map((aheadMs, index) => [`node-${index}`, { aheadMs, uncertaintyMs: 1 }])),
      ).values(),
    ].map(({ aheadMs }) => aheadMs);

  it("are against the median: that this computer's clock is wrong shifts them all", () => {
    expect(of(60_000, 60_002, 60_001)).toEqual([-1, 1, 0]);
    expect(of(5, 9_000, 6)).toEqual([-1, 8_994, 0]);
  });

  it("are none where nobody answered", () => {
    expect(of()).toEqual([]);
  });
});
