import { describe, expect, it, jest } from "@jest/globals";
import { RateLimits } from "../../../src/mailnode/cluster/rate-limits.ts";
import { replicas } from "./replicas.ts";

// Hundreds of runs, or a real program: the default is too short on a busy machine.
jest.setTimeout(60_000);

describe("the limits of a node", () => {
  it("allow 100 an hour to one client and no more, on whichever node it asks", async () => {
    const { time, replica, env } = replicas();
    const nodes = ["node-1", "node-2", "node-3"].map((name) => new RateLimits(replica(name), env(name)));
    await time.until(
      nodes[0]!.define("per-client", { algorithm: "sliding-window", limit: 100, windowMs: 3_600_000 }),
    );
    await time.pass(20);
    let allowed = 0;
    for (let round = 0; round < 300; round++) {
      const decision = await time.until(nodes[round % 3]!.check("per-client", "192.0.2.1"));
      if (decision.allowed) allowed++;
    }
    expect(allowed).toBeLessThanOrEqual(100);
    // What other nodes had in hand when it ran out may lapse.
    expect(allowed).toBeGreaterThan(80);
    expect((await time.until(nodes[0]!.check("per-client", "192.0.2.2"))).allowed).toBe(true);
  });

  it("decide from what is in hand without asking, and remember when there is none", async () => {
    const { time, cluster, replica, env } = replicas();
    const limits = new RateLimits(replica("node-2"), env("node-2"));
    await time.until(limits.define("mail", { algorithm: "fixed-window", limit: 1000, windowMs: 60_000 }));
    await time.pass(20);
    let proposals = cluster.log.length;
    for (let round = 0; round < 1000; round++) await time.until(limits.check("mail"));
    expect(cluster.log.length - proposals).toBeLessThan(60);
    const refused = await time.until(limits.check("mail"));
    expect(refused).toMatchObject({ allowed: false, reason: "exhausted" });
    proposals = cluster.log.length;
    for (let round = 0; round < 100; round++)
      expect(await time.until(limits.check("mail"))).toMatchObject({ allowed: false });
    expect(cluster.log.length).toBe(proposals);
  });

  it("refuse once what is in hand is used up and nobody can give more, and go on when somebody can", async () => {
    const { time, cluster, replica, env } = replicas({ replica: { timeoutMs: 300 } });
    const limits = new RateLimits(replica("node-3"), env("node-3"));
    await time.until(limits.define("mail", { algorithm: "token-bucket", limit: 100, windowMs: 1000 }));
    await time.pass(20);
    for (let round = 0; round < 10; round++) await time.until(limits.check("mail"));
    cluster.cut("node-3");
    const decisions: boolean[] = [];
    for (let round = 0; round < 100; round++) {
      const decision = await time.until(limits.check("mail"));
      decisions.push(decision.allowed);
      if (!decision.allowed) {
        expect(decision).toMatchObject({ reason: "unreachable" });
        break;
      }
    }
    expect(decisions[0]).toBe(true);
    expect(decisions.at(-1)).toBe(false);
    cluster.heal("node-3");
    await time.pass(500);
    expect((await time.until(limits.check("mail"))).allowed).toBe(true);
  });

  it("let the units of a leaky bucket leave one after the other, not in a burst", async () => {
    const { time, replica, env } = replicas();
    const limits = new RateLimits(replica("node-1"), env("node-1"));
    await time.until(
      limits.define("mail", { algorithm: "leaky-bucket", limit: 100, windowMs: 1000, burst: 100 }),
    );
    await time.pass(20);
    const leftAt: number[] = [];
    while (leftAt.length < 100) {
      const decision = await time.until(limits.check("mail"));
      if (decision.allowed) leftAt.push(time.now);
      else await time.pass(decision.retryAfterMs);
    }
    const perTenMs = leftAt.map((at) => leftAt.filter((other) => other >= at && other < at + 10).length);
    expect(Math.max(...perTenMs)).toBeLessThan(25);
  });

  it("give back what they do not need, and it can be used elsewhere", async () => {
    const { time, replica, env } = replicas();
    const [one, two] = ["node-1", "node-2"].map((name) => new RateLimits(replica(name), env(name)));
    await time.until(one!.define("mail", { algorithm: "fixed-window", limit: 10, windowMs: 60_000 }));
    await time.pass(20);
    for (let round = 0; round < 4; round++) await time.until(one!.check("mail"));
    await time.until(one!.release());
    let allowed = 0;
    for (let round = 0; round < 10; round++) if ((await time.until(two!.check("mail"))).allowed) allowed++;
    expect(allowed).toBe(6);
  });

  it("lose nothing when all nodes define the same limit at the moment of their first question", async () => {
    const { time, replica, env } = replicas();
    const nodes = ["node-1", "node-2", "node-3"].map((name) => new RateLimits(replica(name), env(name)));
    const ask = async (node: RateLimits): Promise<boolean> => {
      await node.define("hourly", { algorithm: "sliding-window", limit: 3, windowMs: 3_600_000 });
      return (await node.check("hourly", "192.0.2.1")).allowed;
    };
    const answers = await time.until(Promise.all(nodes.map(ask)));
    expect(answers).toEqual([true, true, true]);
  });

  it("ask into the budget that counts when the limit is changed under a question", async () => {
    const { time, replica, env } = replicas();
    const limits = new RateLimits(replica("node-2"), env("node-2"));
    const limit = { algorithm: "fixed-window", limit: 2, windowMs: 3_600_000 } as const;
    await time.until(limits.define("mail", limit));
    const [, decision] = await time.until(
      Promise.all([limits.define("mail", { ...limit, limit: 3 }), limits.check("mail")]),
    );
    expect(decision).toEqual({ allowed: true });
  });

  it("drop what they have in hand of a limit that was changed", async () => {
    const { time, replica, env } = replicas();
    const limits = new RateLimits(replica("node-2"), env("node-2"));
    await time.until(limits.define("mail", { algorithm: "fixed-window", limit: 1000, windowMs: 60_000 }));
    for (let round = 0; round < 20; round++) await time.until(limits.check("mail"));
    expect(limits.decide("mail")).toEqual({ allowed: true });
    await time.until(limits.remove("mail"));
    await time.pass(20);
    expect(limits.decide("mail")).toBeUndefined();
    await expect(time.until(limits.check("mail"))).rejects.toMatchObject({ refusal: { code: "NOT_FOUND" } });
  });

  it("refuse what is too much for the rest, and nothing that is less", async () => {
    const { time, cluster, replica, env } = replicas();
    const limits = new RateLimits(replica("node-2"), env("node-2"));
    await time.until(limits.define("mail", { algorithm: "sliding-window", limit: 100, windowMs: 3_600_000 }));
    const costs = async (cost: number) => time.until(limits.check("mail", "192.0.2.1", cost));
    expect(await costs(50)).toEqual({ allowed: true });
    expect(await costs(60)).toMatchObject({ allowed: false, reason: "exhausted" });
    // What it has in hand by now lapses: the cluster must be asked.
    await time.pass(2000);
    expect(limits.decide("mail", "192.0.2.1", 60)).toMatchObject({ allowed: false });
    expect(await costs(1)).toEqual({ allowed: true });
    // For as much and for more the answer is known from before.
    await time.pass(20);
    const proposals = cluster.log.length;
    for (const cost of [60, 61, 100])
      expect(await costs(cost)).toMatchObject({ allowed: false, reason: "exhausted" });
    expect(cluster.log.length).toBe(proposals);
  });

  it.each([
    ["that there is never so much", [1000, 500, 300, 200], "rejected"],
    ["that there is not so much now", [90, 80, 70, 60], "fulfilled"],
  ])(
    "ask for themselves when a question for more, on which they waited, is answered %s",
    async (_what, costs, status) => {
      const { time, replica, env } = replicas();
      const limits = new RateLimits(replica("node-2"), env("node-2"));
      await time.until(limits.define("mail", { algorithm: "fixed-window", limit: 100, windowMs: 3_600_000 }));
      await time.until(limits.check("mail", "", 50));
      // What it has in hand by now lapses.
      await time.pass(2000);
      const large = Promise.allSettled(costs.map((cost) => limits.check("mail", "", cost)));
      const small = limits.check("mail");
      expect(await time.until(small)).toEqual({ allowed: true });
      const answers = await time.until(large);
      expect(answers.map((answer) => answer.status)).toEqual(costs.map(() => status));
      expect(answers).not.toContainEqual(expect.objectContaining({ value: { allowed: true } }));
    },
  );

  it("forget clients that have gone", async () => {
    const { time, replica, env } = replicas();
    const limits = new RateLimits(replica("node-1"), env("node-1"));
    await time.until(limits.define("mail", { algorithm: "fixed-window", limit: 10, windowMs: 1000 }));
    await time.pass(20);
    await time.until(limits.check("mail", "client-0"));
    expect(limits.decide("mail", "client-0")).toBeUndefined();
    await time.until(limits.check("mail", "client-1"));
    await time.pass(200_000);
    expect(limits.tracked).toBe(2);
    const many = Array.from({ length: 1024 }, (_, place) => limits.check("mail", `new-${place}`));
    await time.until(Promise.all(many));
    expect(limits.tracked).toBe(1024);
  });
});
