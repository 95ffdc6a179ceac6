import { describe, expect, it } from "@jest/globals";
import {
  confirmationsWanted,
  LAN,
  nackAfterMs,
  retransmitLimit,
  suspicionMaxMs,
  suspicionMinMs,
  syncIntervalMs,
  WAN,
} from "../../../../src/mailnode/membership/core/profile.ts";

describe("the formulas of a profile", () => {
  it("let a suspicion grow with the logarithm of the cluster, never below its multiplier", () => {
    expect([1, 5, 10, 100, 1_000].map((n) => suspicionMinMs(LAN, n) / 1_000)).toEqual([4, 4, 4, 8, 12]);
    expect(suspicionMaxMs(LAN, 5)).toBe(24_000);
    expect(suspicionMinMs(WAN, 5)).toBe(30_000);
  });

  it("want confirmations where there are enough to give them", () => {
    expect([2, 3, 4, 5, 100].map((n) => confirmationsWanted(LAN, n))).toEqual([0, 0, 2, 2, 2]);
    expect([5, 6].map((n) => confirmationsWanted(WAN, n))).toEqual([0, 4]);
  });

  it("send news four times for every digit of the cluster's size", () => {
    expect([1, 9, 10, 99, 100].map((n) => retransmitLimit(LAN, n))).toEqual([4, 4, 8, 8, 12]);
  });

  it("make exchanges rarer from 32 members on", () => {
    expect([1, 32, 33, 64, 65, 256].map((n) => syncIntervalMs(LAN, n) / 30_000)).toEqual([1, 1, 2, 2, 3, 4]);
  });

  it("leave time for the word that no answer came", () => {
    for (const profile of [LAN, WAN]) {
      expect(profile.probeTimeoutMs + nackAfterMs(profile)).toBeLessThan(profile.probeIntervalMs);
    }
  });
});
