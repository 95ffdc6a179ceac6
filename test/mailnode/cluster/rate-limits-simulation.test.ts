import { describe, expect, it, jest } from "@jest/globals";
import type { LimitAlgorithm } from "../../../src/contract/cluster-api.ts";
import { RateLimits, type LimitDefinition } from "../../../src/mailnode/cluster/rate-limits.ts";
import { RULES, type Rule } from "../../../src/mailnode/state/limit-rules.ts";
import { NAMES, replicas } from "./replicas.ts";

const sliding = { ...RULES["sliding-window"] };
const bucket = { ...RULES["token-bucket"] };

const LIMIT = 60;
const WINDOW_MS = 1000;
const BURST = 30;
const RUN_MS = 8000;

const definition = (algorithm: LimitAlgorithm): LimitDefinition => ({
  algorithm,
  limit: LIMIT,
  windowMs: WINDOW_MS,
  syncIntervalMs: 200,
  ...(algorithm.endsWith("bucket") ? { burst: BURST } : {}),
});

interface Use {
  /** In true time. */
  readonly at: number;
  /** The state's time on the node that used it. */
  readonly stateTime: number;
}

/**
 * Runs three nodes that want far more than the limit for a while, in a world where links are cut, nodes are paused
 * in the middle of what they do, leaders change, answers are lost, wall clocks are hours apart and monotonic clocks
 * begin anywhere and run up to 500 in a million wrong. Gives every unit that was used, in true time.
 */
async function simulate(algorithm: LimitAlgorithm, seed: number): Promise<readonly Use[]> {
  const world = replicas({
    seed,
    clocks: {
      "node-1": { skewMs: 3_600_000, originMs: 5, rate: 1.0005 },
      "node-2": { skewMs: -7_200_000, originMs: 1e9, rate: 0.9995 },
      "node-3": { originMs: 77_777, rate: 1 },
    },
    replica: { timeoutMs: 600 },
  });
  const { time, cluster, replica, env } = world;
  const limits = NAMES.map((name) => new RateLimits(replica(name), env(name)));
  await time.until(limits[0]!.define("mail", definition(algorithm)));
  await time.pass(20);
  cluster.answerLoss = 0.1;
  const uses: Use[] = [];
  const end = time.now + RUN_MS;
  const client = async (place: number): Promise<void> => {
    const name = NAMES[place]!;
    while (time.now < end) {
      // In half of the seeds some cost more than one unit.
      const cost = seed % 4 >= 2 && time.random() < 0.2 ? 2 + Math.floor(time.random() * 9) : 1;
      const decision = await limits[place]!.check("mail", "", cost);
      // Used at the moment of the decision: a pause between the two is nothing that a limiter can see.
      const use = { at: time.now, stateTime: replica(name).machine.now };
      if (decision.allowed) uses.push(...Array.from({ length: cost }, () => use));
      // Half of the seeds have storms and calms, so that budget is used at once here and late there.
      const storm = seed % 2 === 1 || Math.floor(time.now / 400 + place / 2) % 3 > 0;
      await env(name).sleep(1 + time.random() * (storm ? 20 : 300));
    }
  };
  const running = NAMES.flatMap((_name, place) => [client(place), client(place)]);
  while (time.now < end) {
    await time.pass(100 + time.random() * 300);
    const victim = NAMES[Math.floor(time.random() * 3)]!;
    const fault = time.random();
    if (fault < 0.25) cluster.cut(victim);
    else if (fault < 0.5) time.pause(victim);
    else if (fault < 0.7) cluster.elect(victim);
    await time.pass(50 + time.random() * 600);
    time.resume(victim);
    cluster.heal(victim);
  }
  await time.pass(3000);
  await Promise.all(running);
  return uses;
}

/** The most that any interval as long as the window has seen. */
function busiestWindow(uses: readonly Use[]): number {
  let most = 0;
  let first = 0;
  uses.forEach(({ at }, last) => {
    while (at - uses[first]!.at >= WINDOW_MS) first++;
    most = Math.max(most, last - first + 1);
  });
  return most;
}

/** By how much any interval has seen more than its burst and what flows in its time; never positive when the promise holds. */
function overBurst(uses: readonly Use[]): number {
  let over = -Infinity;
  for (let first = 0; first < uses.length; first++)
    for (let last = first; last < uses.length; last++) {
      const allowed = BURST + (LIMIT * (uses[last]!.at - uses[first]!.at)) / WINDOW_MS;
      over = Math.max(over, last - first + 1 - allowed);
    }
  return over;
}

const SEEDS = [1, 2, 3, 4];

// Hundreds of runs, or a real program: the default is too short on a busy machine.
jest.setTimeout(60_000);

describe("a limit of the whole cluster, under partitions, pauses, changes of leader and wrong clocks", () => {
  it.each(SEEDS)("is never exceeded by a sliding window, over any interval (seed %i)", async (seed) => {
    const uses = await simulate("sliding-window", seed);
    expect(uses.length).toBeGreaterThan(RUN_MS / WINDOW_MS);
    expect(busiestWindow(uses)).toBeLessThanOrEqual(LIMIT);
  });

  it.each(SEEDS)("is never exceeded by a token bucket, over any interval (seed %i)", async (seed) => {
    const uses = await simulate("token-bucket", seed);
    expect(uses.length).toBeGreaterThan(2 * BURST);
    expect(overBurst(uses)).toBeLessThanOrEqual(0);
  });

  it.each(SEEDS)("is never exceeded by a leaky bucket, over any interval (seed %i)", async (seed) => {
    const uses = await simulate("leaky-bucket", seed);
    expect(uses.length).toBeGreaterThan(2 * BURST);
    expect(overBurst(uses)).toBeLessThanOrEqual(0);
  });

  it.each(SEEDS)(
    "is never exceeded by twice in a fixed window, over any interval (seed %i)",
    async (seed) => {
      const uses = await simulate("fixed-window", seed);
      expect(uses.length).toBeGreaterThan(LIMIT);
      // Two windows meet in the worst interval: that is what a fixed window promises.
      expect(busiestWindow(uses)).toBeLessThanOrEqual(2 * LIMIT);
    },
  );

  /** Rules with a bug of thought each; the simulation must see what comes of it. */
  it.each<[string, LimitAlgorithm, Partial<Rule>, (uses: readonly Use[]) => number]>([
    [
      "a sliding window that counts a grant as if it were used at once",
      "sliding-window",
      { take: (limit, usage, grant) => sliding.take(limit, usage, { ...grant, until: grant.at }) },
      (uses) => busiestWindow(uses) - LIMIT,
    ],
    [
      "a token bucket that keeps nothing back for grants that are used late",
      "token-bucket",
      {
        available: (limit, usage, now) => bucket.available({ ...limit, validMs: 0 }, usage, now),
      },
      overBurst,
    ],
  ])("would be exceeded by %s, and the simulation finds that", async (_bug, algorithm, bug, over) => {
    const rule = RULES[algorithm];
    const whole = { ...rule };
    Object.assign(rule, bug);
    try {
      let worst = -Infinity;
      for (let seed = 1; seed <= 20 && worst <= 0; seed++)
        worst = Math.max(worst, over(await simulate(algorithm, seed)));
      expect(worst).toBeGreaterThan(0);
    } finally {
      Object.assign(rule, whole);
    }
  });
});
