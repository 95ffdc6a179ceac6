import { describe, expect, it } from "@jest/globals";
import type { Env } from "../../../src/support/env.ts";
import type { Judged } from "../../../src/toolkit/status/changes.ts";
import { findings } from "../../../src/toolkit/status/judge.ts";
import { watch, type Frame } from "../../../src/toolkit/status/watch.ts";
import { AT, viewOf } from "./whole.ts";

/** Time goes on when somebody sleeps. */
function clockwork(): Env {
  let now = AT;
  return {
    now: () => now,
    monotonic: () => now,
    random: () => 0,
    sleep: async (ms, signal) => {
      signal?.throwIfAborted();
      await new Promise((resolve) => setImmediate(resolve));
      signal?.throwIfAborted();
      now += ms;
    },
  };
}

function judgedAt(at: number, vipHolder = "node-1"): Judged {
  const view = viewOf((status) => {
    status.at = at;
    status.vipHolders = [vipHolder];
  });
  return { status: view.status, findings: findings(view) };
}

/** Watches until there were so many looks; all that was shown. */
async function watched(
  looks: number,
  lookAt: (env: Env, count: number) => Promise<Judged>,
  intervalMs = 3_000,
) {
  const env = clockwork();
  const end = new AbortController();
  const shown: { frame: Frame; isNew: boolean }[] = [];
  let count = 0;
  const last = await watch({
    env,
    intervalMs,
    signal: end.signal,
    look: () => lookAt(env, ++count),
    show: (frame, isNew) => {
      shown.push({ frame, isNew });
      if (isNew && count === looks) end.abort();
    },
  });
  return { shown, last };
}

describe("a watched cluster", () => {
  it("is shown after each look, and what changed is kept with its time", async () => {
    const { shown, last } = await watched(3, async (env, count) =>
      judgedAt(env.now(), count === 1 ? "node-1" : "node-2"),
    );
    const news = shown.filter(({ isNew }) => isNew);
    expect(news.map(({ frame }) => frame.changes.map(({ text }) => text))).toEqual([
      [],
      ["the VIP: node-1 -> node-2"],
      ["the VIP: node-1 -> node-2"],
    ]);
    expect(last?.status.vipHolders).toEqual(["node-2"]);
  });

  it("grows older on the screen between two looks, also while a look hangs", async () => {
    const { shown } = await watched(2, async (env, count) => {
      const at = env.now();
      if (count === 2) for (let second = 0; second < 4; second++) await env.sleep(1_000);
      return judgedAt(at);
    });
    const ages = shown.filter(({ isNew }) => !isNew).map(({ frame }) => frame.ageSeconds);
    expect(Math.max(...ages)).toBeGreaterThanOrEqual(3);
    expect(ages.toSorted((a, b) => a - b)).toEqual(ages);
  });

  it("ends in the middle of a look that never ends", async () => {
    const env = clockwork();
    const end = new AbortController();
    const over = watch({
      env,
      intervalMs: 1_000,
      signal: end.signal,
      look: () => new Promise(() => undefined),
      show: () => undefined,
    });
    end.abort();
    expect(await over).toBeUndefined();
  });

  it("lets a fault of a look through", async () => {
    await expect(watched(1, () => Promise.reject(new TypeError("ours")))).rejects.toThrow("ours");
  });
});
