import { describe, expect, it } from "@jest/globals";
import { TimeLimits, type TimeLimit } from "../../../src/mailnode/cluster/time-limits.ts";
import { VirtualTime } from "./virtual-time.ts";

/** A task that ends when its time is over, with when that was. */
function untilOver(time: VirtualTime): (limit: TimeLimit) => Promise<number> {
  return (limit) => new Promise((resolve) => limit.onOver(() => resolve(time.now)));
}

describe("time limits", () => {
  it("ends each task when its own time is over, whichever others are done", async () => {
    const time = new VirtualTime();
    const limits = new TimeLimits(time.env("a"), 100);
    const first = limits.run(untilOver(time));
    await time.pass(30);
    const quick = limits.run(() => Promise.resolve("done"));
    const second = limits.run(untilOver(time));
    expect(await quick).toBe("done");
    await time.pass(20);
    const third = limits.run(untilOver(time));
    expect([await time.until(first), await time.until(second), await time.until(third)]).toEqual([
      100, 130, 150,
    ]);
  });

  it("aborts a signal, also one that is asked for too late, and calls back who comes too late", async () => {
    const time = new VirtualTime();
    const limits = new TimeLimits(time.env("a"), 100);
    const seen: boolean[] = [];
    const ended = limits.run(async (limit) => {
      const { signal } = limit;
      await untilOver(time)(limit);
      seen.push(signal.aborted, limit.over);
      limit.onOver(() => seen.push(true));
    });
    const late = limits.run(async (limit) => {
      await untilOver(time)(limit);
      seen.push(limit.signal.aborted);
    });
    await time.until(Promise.all([ended, late]));
    expect(seen).toEqual([true, true, true, true]);
  });

  it("keeps no timer when nothing runs, and begins again", async () => {
    const time = new VirtualTime();
    const timers = { open: 0 };
    const env = time.env("a");
    const limits = new TimeLimits(
      {
        ...env,
        sleep: (ms, signal) => {
          timers.open++;
          return env.sleep(ms, signal).finally(() => timers.open--);
        },
      },
      100,
    );
    await limits.run(() => Promise.resolve());
    await time.pass(1);
    expect(timers.open).toBe(0);
    await expect(limits.run(() => Promise.reject(new Error("no")))).rejects.toThrow("no");
    const again = limits.run(untilOver(time));
    await time.pass(50);
    expect(timers.open).toBe(1);
    expect(await time.until(again)).toBe(101);
  });
});
