import { setTimeout as delay } from "node:timers/promises";
import type { Env } from "../../support/env.ts";

/** The real surroundings of a program on the operator's machine. */
export const systemEnv: Env = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms, signal) => delay(ms, undefined, signal ? { signal } : {}),
  random: () => Math.random(),
};
