import { describe, expect, it } from "@jest/globals";
import { Pacer } from "../../../src/toolkit/ssh/pacer.ts";

/** A clock that stands until somebody sleeps. */
function clockFrom(start: number) {
  const clock = { time: start, slept: [] as number[] };
  return {
    clock,
    env: {
      monotonic: () => clock.time,
      sleep: async (ms: number) => void clock.slept.push(ms),
    },
  };
}

describe("a pace of starts", () => {
  it("lets as many begin at once as may in a second, and the next ones a second later", async () => {
    const { clock, env } = clockFrom(5_000);
    const pacer = new Pacer(3, env);
    for (let start = 0; start < 8; start++) await pacer.turn();
    expect(clock.slept).toEqual([1_000, 1_000, 1_000, 2_000, 2_000]);
  });

  it("counts a second from each start, not from the first", async () => {
    const { clock, env } = clockFrom(0);
    const pacer = new Pacer(2, env);
    await pacer.turn();
    clock.time = 900;
    await pacer.turn();
    clock.time = 1_100;
    await pacer.turn();
    await pacer.turn();
    expect(clock.slept).toEqual([800]);
  });

  it("keeps nobody waiting who comes late", async () => {
    const { clock, env } = clockFrom(0);
    const pacer = new Pacer(1, env);
    for (const time of [0, 1_000, 5_000]) {
      clock.time = time;
      await pacer.turn();
    }
    expect(clock.slept).toEqual([]);
  });

  it("that lets none begin is no pace", () => {
    expect(() => new Pacer(0, clockFrom(0).env)).toThrow(RangeError);
  });
});
