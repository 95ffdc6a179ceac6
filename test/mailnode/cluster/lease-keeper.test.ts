import { describe, expect, it, jest } from "@jest/globals";
import { LeaseKeeper, type Lease } from "../../../src/mailnode/cluster/lease-keeper.ts";
import { Refused } from "../../../src/mailnode/cluster/replica.ts";
import { NAMES, replicas } from "./replicas.ts";

// Hundreds of runs, or a real program: the default is too short on a busy machine.
jest.setTimeout(60_000);

describe("a lease", () => {
  it("ends for its holder before anyone else can have it, also when the clocks disagree and leaders change", async () => {
    const clocks = {
      "node-1": { skewMs: 9_999_999, rate: 1.0005 },
      "node-2": { originMs: 1e8, rate: 0.9995 },
      "node-3": { skewMs: -9_999_999, originMs: 3 },
    };
    const world = replicas({ seed: 3, clocks, replica: { timeoutMs: 400 } });
    const { time, cluster, replica, env } = world;
    const leases: Lease[] = [];
    let acquired = 0;
    const end = time.now + 15_000;
    const running = NAMES.map(async (name) => {
      const keeper = new LeaseKeeper(replica(name), env(name));
      while (time.now < end) {
        const lease = await keeper.acquire("queue", 300).catch(() => undefined);
        if (lease) {
          acquired++;
          leases.push(lease);
          const stop = new AbortController();
          const kept = lease.keep(stop.signal);
          await env(name).sleep(time.random() * 600);
          stop.abort();
          await kept;
          if (time.random() < 0.5) await lease.release().catch(() => undefined);
        }
        await env(name).sleep(20);
      }
    });
    let tokens = 0;
    while (time.now < end) {
      const victim = NAMES[Math.floor(time.random() * 3)]!;
      const fault = time.random();
      if (fault < 0.3) cluster.cut(victim);
      else if (fault < 0.6) time.pause(victim);
      else if (fault < 0.8) cluster.elect(victim);
      for (let step = 0; step < 80; step++) {
        await time.pass(5);
        const held = leases.filter((lease) => lease.isHeld());
        expect(held.length).toBeLessThanOrEqual(1);
        if (held[0]) {
          expect(held[0].token).toBeGreaterThanOrEqual(tokens);
          tokens = held[0].token;
        }
      }
      time.resume(victim);
      cluster.heal(victim);
    }
    await time.pass(3000);
    await Promise.all(running);
    expect(acquired).toBeGreaterThan(10);
  });

  it("says that it is lost when it could not be renewed in time", async () => {
    const { time, cluster, replica, env } = replicas({ replica: { timeoutMs: 200 } });
    const lease = await time.until(new LeaseKeeper(replica("node-3"), env("node-3")).acquire("queue", 1000));
    const kept = lease.keep(new AbortController().signal);
    await time.pass(5000);
    expect(lease.isHeld()).toBe(true);
    cluster.cut("node-3");
    expect(await time.until(kept)).toBe("lost");
    expect(lease.isHeld()).toBe(false);
  });

  it("is said to be lost when its time is over, however long a renewal is still under way, and stays so", async () => {
    const { time, cluster, replica, env } = replicas({ replica: { timeoutMs: 10_000 } });
    const lease = await time.until(new LeaseKeeper(replica("node-3"), env("node-3")).acquire("queue", 1000));
    const kept = lease.keep(new AbortController().signal);
    cluster.cut("node-3");
    const cut = time.now;
    expect(await time.until(kept)).toBe("lost");
    expect(time.now - cut).toBeLessThanOrEqual(1000);
    expect(lease.isHeld()).toBe(false);
    // The state's own time stands still meanwhile, so that the renewal is taken as it comes through.
    cluster.heal("node-3");
    await time.pass(5000);
    expect(lease.isHeld()).toBe(false);
  });

  it("is kept no longer at its holder's word, also while a renewal is under way", async () => {
    const { time, cluster, replica, env } = replicas();
    const lease = await time.until(new LeaseKeeper(replica("node-3"), env("node-3")).acquire("queue", 9000));
    const stop = new AbortController();
    const kept = lease.keep(stop.signal);
    cluster.cut("node-3");
    await time.pass(3500);
    stop.abort();
    const asked = time.now;
    expect(await time.until(kept)).toBe("ended");
    expect(time.now - asked).toBeLessThan(100);
  });

  it("is not taken for lost when a renewal is refused for another reason", async () => {
    const { time, replica, env } = replicas();
    const lease = await time.until(new LeaseKeeper(replica("node-3"), env("node-3")).acquire("queue", 1000));
    // No state can be brought to refuse a renewal otherwise at a word; another release's may.
    const refusal = { ok: false, code: "TABLE_FULL", detail: "no room" } as const;
    jest.spyOn(replica("node-3"), "perform").mockRejectedValueOnce(new Refused(refusal));
    const stop = new AbortController();
    const kept = lease.keep(stop.signal);
    await time.pass(5000);
    expect(lease.isHeld()).toBe(true);
    stop.abort();
    expect(await time.until(kept)).toBe("ended");
  });

  it("is not held again by a renewal that was under way when it was released", async () => {
    const { time, replica, env } = replicas();
    const lease = await time.until(new LeaseKeeper(replica("node-3"), env("node-3")).acquire("queue", 1000));
    const renewing = lease.renew();
    const releasing = lease.release();
    await time.until(Promise.allSettled([renewing, releasing]));
    expect(lease.isHeld()).toBe(false);
  });

  it("can be had by another one at once after it was released, and by nobody else before", async () => {
    const { time, replica, env } = replicas();
    const [one, two] = ["node-1", "node-2"].map((name) => new LeaseKeeper(replica(name), env(name)));
    const lease = await time.until(one!.acquire("queue", 1000));
    const refused = await time.until(two!.acquire("queue", 1000).catch((error: unknown) => error));
    expect(refused).toMatchObject({ refusal: { code: "LEASE_HELD" } });
    await time.until(lease.release());
    expect((await time.until(two!.acquire("queue", 1000))).token).toBeGreaterThan(lease.token);
    await time.until(lease.release());
    await expect(time.until(lease.renew())).rejects.toMatchObject({ refusal: { code: "LEASE_LOST" } });
  });
});
