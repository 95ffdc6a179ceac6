import { describe, expect, it } from "@jest/globals";
import { LevelNotMet, NotProposed, OutcomeUnknown } from "../../../src/mailnode/cluster/consensus.ts";
import type { Consensus } from "../../../src/mailnode/cluster/consensus.ts";
import { Refused, Replica } from "../../../src/mailnode/cluster/replica.ts";
import type { Env } from "../../../src/support/env.ts";
import { bytes, replicas, text } from "./replicas.ts";

const set = (key: string, value: string) =>
  ({ type: "key.set", key, value: bytes(value), priority: "normal" }) as const;

describe("a replica", () => {
  it("has a command done on every node and gives its value", async () => {
    const { time, cluster, replica } = replicas();
    const { version } = await time.until(replica("node-2").perform<"key.set">(set("a", "1")));
    await time.pass(10);
    expect(version).toBeGreaterThan(0);
    for (const id of cluster.ids) expect(text(replica(id).machine.keys.get("a")?.value)).toBe("1");
    expect(new Set(cluster.ids.map((id) => replica(id).machine.hash())).size).toBe(1);
  });

  it("gives the state's refusal as a definite answer", async () => {
    const { time, replica } = replicas();
    const doing = replica("node-2").perform<"key.delete">({ type: "key.delete", key: "absent" });
    const error = await time.until(doing.catch((caught: unknown) => caught));
    expect(error).toBeInstanceOf(Refused);
    expect((error as Refused).refusal.code).toBe("NOT_FOUND");
  });

  it("refuses what no replica could read at once, and proposes nothing", async () => {
    const { time, cluster, replica } = replicas();
    const doing = replica("node-1").perform<"key.set">({ ...set("a", "1"), ttlMs: -1 });
    const error = await time.until(doing.catch((caught: unknown) => caught));
    expect((error as Refused).refusal.code).toBe("MALFORMED");
    expect(cluster.log).toEqual([]);
  });

  it("does a command once, however often its answers are lost (a time-out taken for a failure)", async () => {
    const { time, cluster, replica } = replicas({ seed: 7 });
    cluster.answerLoss = 0.6;
    const counts: number[] = [];
    replica("node-1").watch("keys", "", { changed: ({ index }) => counts.push(index) });
    for (let round = 0; round < 20; round++)
      await time.until(replica("node-3").submit<"key.set">(set(`k${round}`, "x"), { level: "all" }));
    await time.pass(100);
    const proposals = cluster.log.length;
    expect(counts).toHaveLength(20);
    expect(proposals).toBeGreaterThan(21);
  });

  it("tries again over a change of leader that swallowed the command", async () => {
    const { time, cluster, replica } = replicas();
    await time.until(replica("node-2").perform<"key.set">(set("a", "0")));
    cluster.cut("node-3");
    cluster.cut("node-2");
    const doing = replica("node-1").perform<"key.set">(set("a", "1"));
    await time.pass(20);
    cluster.cut("node-1");
    cluster.heal("node-2");
    cluster.heal("node-3");
    cluster.elect("node-2");
    await time.pass(200);
    expect(text(replica("node-2").machine.keys.get("a")?.value)).toBe("0");
    cluster.heal("node-1");
    await time.until(doing);
    expect(text(replica("node-2").machine.keys.get("a")?.value)).toBe("1");
  });

  it("tries again at once when another member begins to lead", async () => {
    const { time, cluster, replica } = replicas();
    await time.until(replica("node-1").perform<"key.set">(set("a", "0")));
    for (const round of ["1", "2", "3", "4", "5"]) {
      cluster.elect(undefined);
      const doing = replica("node-1").perform<"key.set">(set("a", round));
      await time.pass(130);
      cluster.elect("node-2");
      await time.pass(10);
      expect(text(replica("node-1").machine.keys.get("a")?.value)).toBe(round);
      await time.until(doing);
    }
  });

  it("says that it does not know when an answer never came, and that nothing happened when nothing can have", async () => {
    const { time, cluster, replica } = replicas({ replica: { timeoutMs: 1000 } });
    await time.until(replica("node-2").perform<"key.set">(set("a", "0")));
    cluster.cut("node-2");
    const unclear = replica("node-2").perform<"key.set">(set("a", "1"));
    expect(await time.until(unclear.catch((error: unknown) => error))).toBeInstanceOf(OutcomeUnknown);
    cluster.heal("node-2");
    cluster.elect(undefined);
    const definite = replica("node-2").perform<"key.set">(set("a", "2"));
    expect(await time.until(definite.catch((error: unknown) => error))).toBeInstanceOf(NotProposed);
  });

  it("says so when a command is committed on fewer disks than were asked for", async () => {
    const { time, cluster, replica } = replicas();
    cluster.cut("node-3");
    const doing = replica("node-1").submit<"key.set">(set("a", "1"), { level: "all" });
    const error = await time.until(doing.catch((caught: unknown) => caught));
    expect(error).toBeInstanceOf(LevelNotMet);
    expect((error as LevelNotMet).message).toMatch(/^committed, level not met/);
    expect((error as LevelNotMet).accepted.replicas).toBe(2);
    expect(text(replica("node-2").machine.keys.get("a")?.value)).toBe("1");
  });

  it("answers below a quorum at once, as not committed", async () => {
    const { time, cluster, replica } = replicas();
    await time.until(replica("node-1").perform<"key.set">(set("a", "0")));
    cluster.cut("node-2");
    cluster.cut("node-3");
    const answer = await time.until(replica("node-1").submit<"key.set">(set("a", "1"), { level: "one" }));
    expect(answer).toMatchObject({ committed: false, replicas: 1 });
    expect(answer.value).toBeUndefined();
    cluster.heal("node-2");
    cluster.heal("node-3");
    cluster.elect("node-2");
    await time.pass(100);
    expect(text(replica("node-1").machine.keys.get("a")?.value)).toBe("0");
  });

  it("waits for two, three and all disks, and counts them", async () => {
    const { time, replica } = replicas();
    for (const [level, least] of [
      ["two", 2],
      ["three", 3],
      ["quorum", 2],
      ["all", 3],
    ] as const) {
      const answer = await time.until(replica("node-1").submit<"key.set">(set(level, "x"), { level }));
      expect(answer.committed).toBe(true);
      // With a quorum alone the effect may be seen before the answer, which then counts nothing.
      if (level !== "quorum") expect(answer.replicas).toBeGreaterThanOrEqual(least);
    }
  });

  it("finds the answer to its request in a snapshot that it was given instead of the entries", async () => {
    const { time, cluster, replica } = replicas();
    await time.until(replica("node-3").perform<"key.set">(set("a", "0")));
    const doing = replica("node-3").perform<"key.set">(set("a", "1"));
    await time.pass(1.5);
    cluster.cut("node-3");
    await time.pass(50);
    expect(text(replica("node-2").machine.keys.get("a")?.value)).toBe("1");
    let reset = 0;
    replica("node-3").watch("keys", "", { changed: () => undefined, reset: () => reset++ });
    cluster.node("node-3").installSnapshotOf(cluster.node("node-2"));
    expect((await time.until(doing)).version).toBe(replica("node-3").machine.keys.get("a")!.version);
    expect(reset).toBe(1);
  });

  it("moves the state's time while nobody writes, by the leader alone", async () => {
    const { time, cluster, replica } = replicas();
    const stop = new AbortController();
    const keeping = cluster.ids.map((id) => replica(id).keepTime(100, stop.signal));
    await time.until(replica("node-1").perform<"key.set">({ ...set("a", "1"), ttlMs: 1000 }));
    await time.pass(900);
    expect(replica("node-2").machine.keys.get("a")).toBeDefined();
    await time.pass(400);
    expect(replica("node-2").machine.keys.get("a")).toBeUndefined();
    expect(cluster.log.length).toBeLessThan(20);
    stop.abort();
    await Promise.all(keeping);
  });

  it("turns proposals away when too many wait, and does none of those", async () => {
    const { time, replica } = replicas({ replica: { inFlight: 1, waiting: 2 } });
    const doing = [1, 2, 3, 4].map((number) =>
      replica("node-1")
        .perform<"key.set">(set(`k${number}`, "x"))
        .then(
          () => "done",
          (error: unknown) => (error as NotProposed).reason,
        ),
    );
    expect(await time.until(Promise.all(doing))).toEqual(["done", "done", "done", "overloaded"]);
    expect(replica("node-1").machine.keys.get("k4")).toBeUndefined();
  });

  it("goes on behind a write that waits for more disks, however many come after it", async () => {
    const { time, cluster, replica } = replicas();
    await time.until(replica("node-1").perform<"key.set">(set("a", "0")));
    cluster.cut("node-3");
    const slow = replica("node-1")
      .submit<"key.set">(set("slow", "x"), { level: "all" })
      .catch((error: unknown) => error);
    const others = Array.from({ length: 1500 }, (_none, place) =>
      replica("node-1").perform<"key.set">(set(`k${place % 10}`, "x")),
    );
    await time.until(Promise.all(others));
    expect(await time.until(slow)).toBeInstanceOf(LevelNotMet);
  });

  it("holds writes back, and refuses none, behind one of which nobody hears anything", async () => {
    const { time, cluster, replica } = replicas({ replica: { timeoutMs: 2000 } });
    await time.until(replica("node-2").perform<"key.set">(set("a", "0")));
    // A proposal that is lost without a word, which the log in memory does with a whole link only.
    const consensus = cluster.node("node-2");
    const propose = consensus.propose.bind(consensus);
    const lost = Promise.withResolvers<never>();
    consensus.propose = () => lost.promise;
    const doing = replica("node-2")
      .perform<"key.set">(set("lost", "x"))
      .catch((error: unknown) => error);
    await time.pass(1);
    consensus.propose = propose;
    let done = 0;
    const others = Array.from({ length: 1500 }, async (_none, place) => {
      await replica("node-2").perform<"key.set">(set(`k${place % 10}`, "x"));
      done++;
    });
    await time.pass(500);
    expect(done).toBe(1022);
    lost.reject(new OutcomeUnknown("lost"));
    await time.until(Promise.all(others));
    await time.until(doing);
    expect(text(replica("node-2").machine.keys.get("lost")?.value)).toBe("x");
  });

  it("does not try again on a log that has stopped, also before it has a session", async () => {
    const refuse = (): Promise<never> => Promise.reject(new NotProposed("stopped"));
    const consensus: Consensus = {
      id: "node-1",
      follow: () => undefined,
      propose: refuse,
      readIndex: refuse,
      leader: () => undefined,
      onLeaderChange: () => () => undefined,
      members: () => [],
      transferLeadership: refuse,
    };
    const never: Env = {
      now: () => 0,
      monotonic: () => 0,
      sleep: (_ms, signal) => new Promise((resolve) => signal?.addEventListener("abort", () => resolve())),
      random: () => 0,
    };
    const replica = new Replica(consensus, never);
    await expect(replica.perform<"key.set">(set("a", "1"))).rejects.toMatchObject({ reason: "stopped" });
    await expect(replica.barrier()).rejects.toMatchObject({ reason: "stopped" });
  });
});
