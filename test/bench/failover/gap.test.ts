import { describe, expect, it } from "@jest/globals";
import { firstGoodAfterSilence } from "../../../bench/failover/gap.ts";

const KILLED = 1_000;
/** A try for each mark, 50 ms apart, from 900 ms on; each takes 40 ms. "+" was answered well. */
const tries = (marks: string) =>
  [...marks].map((mark, index) => {
    const startedMs = 900 + index * 50;
    return { startedMs, endedMs: startedMs + 40, isGood: mark === "+" };
  });

describe("the first good answer after a kill", () => {
  it("is the first one after those that failed, not one that was under way when the machine died", () => {
    expect(firstGoodAfterSilence(tries("+++---+++"), KILLED)).toMatchObject({ startedMs: 1_200 });
  });

  it("is the next one where nothing failed", () => {
    expect(firstGoodAfterSilence(tries("++++"), KILLED)).toMatchObject({ startedMs: 1_000 });
  });

  it("is none while all fail", () => {
    expect(firstGoodAfterSilence(tries("++----"), KILLED)).toBeUndefined();
  });
});
