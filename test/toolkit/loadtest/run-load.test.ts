import { describe, expect, it } from "@jest/globals";
import type { Env } from "../../../src/support/env.ts";
import { Refusal } from "../../../src/toolkit/loadtest/failure.ts";
import { type LoadOptions, runLoad, type Second } from "../../../src/toolkit/loadtest/run-load.ts";

/** A clock that jumps to the next sleeper as soon as nobody has anything else to do. */
function jumpingClock(): Env {
  let now = 0;
  const sleepers: { readonly at: number; readonly wake: () => void }[] = [];
  const jump = (): void => {
    const [next] = sleepers.toSorted((a, b) => a.at - b.at);
    if (!next) return;
    sleepers.splice(sleepers.indexOf(next), 1);
    now = Math.max(now, next.at);
    next.wake();
    if (sleepers.length > 0) setImmediate(jump);
  };
  return {
    now: () => now,
    monotonic: () => now,
    random: () => 0,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(new Error("aborted"));
        const sleeper = { at: now + ms, wake: resolve };
        signal?.addEventListener("abort", () => {
          if (sleepers.includes(sleeper)) sleepers.splice(sleepers.indexOf(sleeper), 1);
          reject(new Error("aborted"));
        });
        sleepers.push(sleeper);
        if (sleepers.length === 1) setImmediate(jump);
      }),
  };
}

async function load(env: Env, options: Partial<LoadOptions>) {
  const told: Second[] = [];
  const result = await runLoad({
    pace: { kind: "rate", perSecond: 10 },
    durationMs: 3_000,
    mostAtOnce: 100,
    attempt: () => env.sleep(20),
    env,
    signal: new AbortController().signal,
    second: (second) => told.push(second),
    ...options,
  });
  return { result, told };
}

describe("a load", () => {
  it("at a rate begins as many as it says, whether they are answered or not", async () => {
    const env = jumpingClock();
    const { result } = await load(env, { attempt: () => env.sleep(5_000) });
    expect(result.latencies.count).toBe(30);
    expect(result.latencies.quantile(0.5)).toBeCloseTo(5_000, -2);
  });

  it("at a rate charges a server that stalls for everybody who had to wait (no coordinated omission)", async () => {
    const env = jumpingClock();
    // Answers at once, but for the second from 1000 to 2000, in which it answers nobody.
    const attempt = async (): Promise<void> => {
      const now = env.monotonic();
      await env.sleep(now >= 1_000 && now < 2_000 ? 2_000 - now : 1);
    };
    const { result } = await load(env, { attempt, mostAtOnce: 1 });
    expect(result.latencies.count).toBe(30);
    // Ten of thirty waited, the first for a second, the last for a tenth of one.
    expect(result.latencies.between(99, 1_100)).toBeGreaterThanOrEqual(10);
    expect(result.latencies.quantile(0.5)).toBeLessThan(20);
    expect(result.latencies.max).toBeGreaterThanOrEqual(1_000);
  });

  it("of senders keeps all of them busy for as long as it says", async () => {
    const env = jumpingClock();
    const { result } = await load(env, { pace: { kind: "concurrency", senders: 4 } });
    expect(result.latencies.count).toBe((4 * 3_000) / 20);
    expect(result.latencies.max).toBe(20);
  });

  it("tells each second what was done and what failed in it", async () => {
    const env = jumpingClock();
    let number = 0;
    const attempt = async (): Promise<void> => {
      await env.sleep(20);
      if (++number % 10 === 0) throw new Refusal(451, "451 later");
    };
    const { result, told } = await load(env, { attempt });
    expect(told.map(({ number: second, done, failed }) => [second, done, failed])).toEqual([
      [1, 9, 1],
      [2, 9, 1],
      [3, 9, 1],
    ]);
    expect(result.seconds).toEqual(told);
    expect([...result.failures]).toEqual([["4xx", 3]]);
    expect([...result.examples]).toEqual([["4xx", "451 later"]]);
  });

  it("that is ended begins nothing more and finishes what is under way", async () => {
    const env = jumpingClock();
    const over = new AbortController();
    let begun = 0;
    let ended = 0;
    const attempt = async (): Promise<void> => {
      if (++begun === 5) over.abort();
      await env.sleep(700);
      ended++;
    };
    await load(env, { attempt, signal: over.signal });
    expect([begun, ended]).toEqual([5, 5]);
  });
});
