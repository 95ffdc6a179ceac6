import type { Env } from "../../support/env.ts";

/** The machine's own clock, timers and chance. */
export const systemEnv: Env = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep,
  random: () => Math.random(),
};

/** The longest that Node's timers wait: one that is to wait longer fires at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** By hand: the error that node:timers/promises makes when it is aborted costs more than the rest of a write. */
function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason as Error);
    const end = (): void => {
      clearTimeout(timer);
      reject(signal!.reason as Error);
    };
    const done = (): void => {
      signal?.removeEventListener("abort", end);
      resolve();
    };
    let timer: NodeJS.Timeout;
    const wait = (rest: number): void => {
      const next = rest > LONGEST_TIMER_MS ? () => wait(rest - LONGEST_TIMER_MS) : done;
      timer = setTimeout(next, Math.min(rest, LONGEST_TIMER_MS));
    };
    wait(ms);
    signal?.addEventListener("abort", end, { once: true });
  });
}
