import { setTimeout as wait } from "node:timers/promises";
import type { Env } from "../../support/env.ts";

/** The machine's own clock, timers and chance. */
export const systemEnv: Env = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms, signal) => wait(ms, undefined, signal ? { signal } : {}),
  random: () => Math.random(),
};
