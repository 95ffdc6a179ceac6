import { describe, expect, it } from "@jest/globals";
import { HealthMonitor } from "../../../src/mailnode/cluster/health-monitor.ts";
import { Thresholds } from "../../../src/mailnode/cluster/thresholds.ts";
import { VirtualTime } from "./virtual-time.ts";

describe("thresholds", () => {
  it("change the verdict after so many outcomes in a row, and by no fewer", () => {
    const verdict = new Thresholds({ failures: 3, successes: 2 });
    const after = (outcomes: string): boolean[] =>
      [...outcomes].map((outcome) => verdict.count(outcome === "+"));
    expect(after("--+--")).toEqual([true, true, true, true, true]);
    expect(after("+---")).toEqual([true, true, true, false]);
    expect(after("+-+")).toEqual([false, false, false]);
    expect(after("+")).toEqual([true]);
  });
});

describe("the health monitor", () => {
  it("checks at its interval and tells when the whole changes, not each time", async () => {
    const time = new VirtualTime();
    let works = true;
    let rounds = 0;
    const checks = {
      queue: async () => undefined,
      disk: async () => {
        rounds++;
        if (!works) throw new Error("no");
      },
    };
    const monitor = new HealthMonitor(checks, time.env("n"), {
      intervalMs: 1000,
      timeoutMs: 100,
      failures: 3,
      successes: 2,
    });
    const told: [boolean, number][] = [];
    const end = monitor.onChange((healthy) => told.push([healthy, time.now]));
    const stop = new AbortController();
    const running = monitor.run(stop.signal);
    await time.pass(2500);
    expect(rounds).toBe(3);
    works = false;
    await time.pass(3000);
    expect(monitor.verdicts()).toEqual([
      { name: "queue", healthy: true },
      { name: "disk", healthy: false },
    ]);
    works = true;
    await time.pass(3000);
    expect(told).toEqual([
      [false, 5000],
      [true, 7000],
    ]);
    end();
    stop.abort();
    await running;
  });

  it("counts a check that hangs as failed, once its time is over, and ends it", async () => {
    const time = new VirtualTime();
    let ended = 0;
    const hangs = (signal: AbortSignal): Promise<void> =>
      new Promise(() => signal.addEventListener("abort", () => ended++));
    const monitor = new HealthMonitor({ hangs }, time.env("n"), {
      intervalMs: 1000,
      timeoutMs: 100,
      failures: 1,
      successes: 1,
    });
    await time.until(monitor.checkOnce());
    expect(monitor.healthy).toBe(false);
    expect(ended).toBe(1);
  });

  it("counts a check as failed that throws before it has begun to wait", async () => {
    const time = new VirtualTime();
    const throws = (): Promise<void> => {
      throw new Error("no");
    };
    const limits = { intervalMs: 1000, timeoutMs: 100, failures: 1, successes: 1 };
    const monitor = new HealthMonitor({ throws }, time.env("n"), limits);
    await time.until(monitor.checkOnce());
    expect(monitor.healthy).toBe(false);
  });
});
