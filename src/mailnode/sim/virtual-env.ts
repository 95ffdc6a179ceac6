/** The Env of one simulated process: its own clocks over the scheduler's time, its own stream of chance. */
import type { Env } from "../../support/env.ts";
import type { Chance } from "./chance.ts";
import type { Owner, Scheduler } from "./scheduler.ts";

/** How a machine's clocks differ from true time; they stay with it over restarts. */
export interface Clock {
  /** How far the wall clock is off, in milliseconds; a jump changes it. */
  skewMs: number;
  /** What the monotonic clock shows at time 0. */
  readonly originMs: number;
  /** How fast both run; within 500 in a million of 1, which is what state/clock.ts allows for. */
  readonly rate: number;
}

const WALL_ORIGIN = 1_700_000_000_000;

/** Timers fire for the owner alone: late while it is paused, never when it is gone. `what` they are is for the trace. */
export function virtualEnv<O extends Owner>(
  scheduler: Scheduler<O>,
  owner: O,
  clock: Clock,
  chance: Chance,
  what = "timer",
): Env {
  return {
    now: () => WALL_ORIGIN + scheduler.now * clock.rate + clock.skewMs,
    monotonic: () => clock.originMs + scheduler.now * clock.rate,
    random: chance.next,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason as Error);
        const abort = (): void => {
          timer.cancelled = true;
          reject(signal!.reason as Error);
        };
        const timer = scheduler.after(ms / clock.rate, owner, what, () => {
          signal?.removeEventListener("abort", abort);
          resolve();
        });
        signal?.addEventListener("abort", abort, { once: true });
      }),
  };
}
