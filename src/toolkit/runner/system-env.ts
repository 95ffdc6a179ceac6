import { setTimeout as wait } from "node:timers/promises";
import type { Env } from "../../support/env.ts";

/** The real clock, timers and chance of this process. */
export const systemEnv: Env = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: async (ms, signal) => {
    await wait(ms, undefined, signal ? { signal } : {});
  },
  random: () => Math.random(),
};
