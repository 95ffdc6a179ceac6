import { describe, expect, it } from "@jest/globals";
import { LevelNotMet, NotProposed, OutcomeUnknown } from "../../../../src/mailnode/cluster/consensus.ts";
import { DrivenCluster, type Member } from "./driven-cluster.ts";

/** The two that do not lead. */
function followersOf(cluster: DrivenCluster, leader: Member): readonly [string, string] {
  const [one, other] = cluster.ids.filter((id) => id !== leader.id);
  return [one!, other!];
}

describe("the driver of a cluster of three", () => {
  it("elects a leader and applies what is proposed anywhere, in one order, on every member", async () => {
    const cluster = new DrivenCluster(3);
    await cluster.begin();
    const answers = await Promise.all(
      ["a", "b", "c", "d", "e", "f"].map((word, i) => cluster.say(cluster.ids[i % 3]!, word)),
    );
    for (const answer of answers) expect(answer).toMatchObject({ committed: true });
    for (const { replicas } of answers) expect(replicas).toBeGreaterThanOrEqual(2);
    await cluster.settle();
    const { words } = cluster.member("n1");
    expect([...words].sort()).toEqual(["a", "b", "c", "d", "e", "f"]);
    expect(cluster.member("n2").words).toEqual(words);
    expect(cluster.member("n3").words).toEqual(words);
  });

  it("tells everybody who leads, and of each change", async () => {
    const cluster = new DrivenCluster(3);
    const leader = await cluster.begin();
    const [follower] = followersOf(cluster, leader);
    const seen: (string | undefined)[] = [];
    cluster.member(follower).driver.onLeaderChange((now) => seen.push(now?.id));
    cluster.network.cut(leader.id);
    const next = await cluster.leader(followersOf(cluster, leader));
    expect(seen.at(-1)).toBe(next.id);
    expect(next.driver.leader()!.term).toBeGreaterThan(1);
    expect(cluster.member(follower).driver.members()).toEqual(
      cluster.ids.map((id) => ({ id, voter: true, witness: false })),
    );
  });

  it("answers at the level that was asked for: one disk, a quorum, or all", async () => {
    const cluster = new DrivenCluster(3);
    const leader = await cluster.begin();
    const [follower] = followersOf(cluster, leader);
    cluster.network.delayMs = 20;
    expect(await cluster.say(leader.id, "one", "one")).toMatchObject({ replicas: 1, committed: false });
    expect(await cluster.say(leader.id, "two", "two")).toMatchObject({ replicas: 2, committed: true });
    expect(await cluster.say(leader.id, "all", "all")).toMatchObject({ replicas: 3, committed: true });
    expect(await cluster.say(follower, "asked elsewhere", "all")).toMatchObject({ replicas: 3 });
    cluster.network.cut(follower);
    await expect(cluster.say(leader.id, "not all", "all")).rejects.toMatchObject({
      name: "LevelNotMet",
      level: "all",
      accepted: { replicas: 2, committed: true },
    });
    await cluster.settle();
    expect(leader.words).toEqual(["one", "two", "all", "asked elsewhere", "not all"]);
  });

  it("says that nobody knows what became of a command when its leader is cut off, and never that it failed", async () => {
    const cluster = new DrivenCluster(3);
    const leader = await cluster.begin();
    const [follower] = followersOf(cluster, leader);
    cluster.network.cut(leader.id);
    const atLeader = cluster.propose(leader.id, "at the leader");
    const forwarded = cluster.propose(follower, "sent to the leader");
    await expect(cluster.time.until(atLeader)).rejects.toBeInstanceOf(OutcomeUnknown);
    await expect(cluster.time.until(forwarded)).rejects.toBeInstanceOf(OutcomeUnknown);
    const next = await cluster.leader(followersOf(cluster, leader));
    cluster.network.heal(leader.id);
    await cluster.say(next.id, "after it");
    await cluster.settle();
    // The first was overwritten: the definite answer came from no one.
    for (const id of cluster.ids) expect(cluster.member(id).words).toEqual(["after it"]);
  });

  it("says so when the connection to the leader breaks under a forwarded command", async () => {
    const cluster = new DrivenCluster(3);
    const leader = await cluster.begin();
    const [follower] = followersOf(cluster, leader);
    cluster.network.loses = (_from, to, { type }) => type === "answer" && to === follower;
    const forwarded = cluster.propose(follower, "done, and the answer lost");
    forwarded.catch(() => undefined);
    await cluster.time.pass(50);
    cluster.network.reset(follower, leader.id);
    await expect(cluster.time.until(forwarded)).rejects.toThrow("the connection to the leader broke");
    await cluster.settle();
    expect(leader.words).toEqual(["done, and the answer lost"]);
    // And without any sign of a broken connection, when time is up.
    const silent = cluster.propose(follower, "again");
    await expect(cluster.time.until(silent)).rejects.toThrow("did not answer in time");
  });

  it("refuses, for certain, what is too large, what comes without a leader and what waits behind too much", async () => {
    const cluster = new DrivenCluster(3, { maxCommandBytes: 1000, maxUncommittedBytes: 3000 });
    const leader = await cluster.begin();
    const [follower] = followersOf(cluster, leader);
    await expect(cluster.say(follower, "x".repeat(1001))).rejects.toMatchObject({ reason: "too-large" });
    for (const id of followersOf(cluster, leader)) cluster.network.cut(id);
    const waiting = Array.from({ length: 6 }, () => cluster.propose(leader.id, "x".repeat(900)));
    const ends = await cluster.time.until(Promise.allSettled(waiting));
    const reasons = ends.map((end) => ((end as PromiseRejectedResult).reason as Error).name);
    expect(reasons).toEqual([...Array<string>(4).fill("OutcomeUnknown"), "NotProposed", "NotProposed"]);
    await expect(cluster.say(leader.id, "to nobody")).rejects.toMatchObject({ reason: "no-leader" });
  });

  it("refuses, for certain, what it is asked before it is started, and all that was asked is answered when it stops", async () => {
    const cluster = new DrivenCluster(3);
    const { driver } = await cluster.open("n1");
    await expect(cluster.propose("n1", "early")).rejects.toMatchObject({ reason: "no-leader" });
    await expect(driver.changeMembers([{ become: "removed", id: "n2" }])).rejects.toThrow(NotProposed);
    await expect(cluster.time.until(driver.transferLeadership("n2"))).rejects.toThrow(NotProposed);
    await driver.stop();
    await expect(cluster.propose("n1", "late")).rejects.toMatchObject({ reason: "stopped" });
  });

  it("lets a caller go who waits no longer: unclear before the commit, committed after it", async () => {
    const cluster = new DrivenCluster(3);
    const leader = await cluster.begin();
    const [follower, other] = followersOf(cluster, leader);
    const say = (id: string, word: string, level: "quorum" | "all", signal: AbortSignal) =>
      cluster.member(id).driver.propose(new TextEncoder().encode(word), { level, signal });
    cluster.network.cut(follower);
    const patience = new AbortController();
    const all = say(leader.id, "a", "all", patience.signal);
    all.catch(() => undefined);
    await cluster.time.pass(100);
    cluster.network.cut(other);
    const quorum = say(leader.id, "b", "quorum", patience.signal);
    const never = say(leader.id, "c", "quorum", AbortSignal.abort());
    for (const promise of [quorum, never]) promise.catch(() => undefined);
    await cluster.time.pass(10);
    patience.abort();
    await expect(cluster.time.until(all)).rejects.toBeInstanceOf(LevelNotMet);
    await expect(cluster.time.until(quorum)).rejects.toBeInstanceOf(OutcomeUnknown);
    await expect(cluster.time.until(never)).rejects.toBeInstanceOf(NotProposed);
  });

  it("gives each member an index to read at that is not older than the question", async () => {
    const cluster = new DrivenCluster(3);
    const leader = await cluster.begin();
    const [follower] = followersOf(cluster, leader);
    for (let i = 0; i < 10; i++) {
      const { index } = await cluster.say(leader.id, `word ${i}`);
      const read = await cluster.time.until(cluster.member(follower).driver.readIndex());
      expect(read).toBeGreaterThanOrEqual(index);
      expect(cluster.member(follower).words).toHaveLength(i + 1);
    }
  });

  it("asks for a read again when the question or its answer is lost, and at another leader", async () => {
    const cluster = new DrivenCluster(3);
    const leader = await cluster.begin();
    const [follower] = followersOf(cluster, leader);
    let lost = 0;
    cluster.network.loses = (_from, _to, packet) =>
      packet.type === "raft" && packet.message.type === "readIndexResponse" && lost++ < 2;
    await cluster.time.until(cluster.member(follower).driver.readIndex());
    expect(lost).toBeGreaterThan(1);
    await cluster.say(leader.id, "before");
    cluster.network.cut(leader.id);
    const next = await cluster.leader(followersOf(cluster, leader));
    await cluster.say(next.id, "meanwhile");
    await cluster.time.until(cluster.member(follower).driver.readIndex());
    expect(cluster.member(follower).words).toEqual(["before", "meanwhile"]);
    // The one that led does not know better than to wait, and does not answer from what it has.
    await expect(cluster.time.until(leader.driver.readIndex())).rejects.toBeInstanceOf(NotProposed);
    expect(leader.words).toEqual(["before"]);
  });

  it("hands leadership over when it is asked anywhere, and says when it does not come to that", async () => {
    const cluster = new DrivenCluster(3);
    const leader = await cluster.begin();
    const [follower, other] = followersOf(cluster, leader);
    await cluster.time.until(cluster.member(other).driver.transferLeadership(follower));
    expect(cluster.member(follower).driver.status()!.role).toBe("leader");
    await cluster.time.until(cluster.member(follower).driver.transferLeadership(follower));
    cluster.network.cut(other);
    const vain = cluster.member(follower).driver.transferLeadership(other);
    await expect(cluster.time.until(vain)).rejects.toMatchObject({ reason: "transferring" });
    await expect(
      cluster.time.until(cluster.member(follower).driver.transferLeadership("n9")),
    ).rejects.toMatchObject({ reason: "transferring" });
    await expect(cluster.say(follower, "goes on")).resolves.toMatchObject({ committed: true });
  });
});

describe("the members of a cluster", () => {
  it("change while it works: one joins with all that was said, one goes", async () => {
    const cluster = new DrivenCluster(3);
    const leader = await cluster.begin();
    const [follower] = followersOf(cluster, leader);
    await cluster.say(leader.id, "before");
    const joiner = await cluster.start("n4", { founder: false });
    const change = (id: string, changes: Parameters<typeof leader.driver.changeMembers>[0]) =>
      cluster.time.until(cluster.member(id).driver.changeMembers(changes));
    // Asked of a follower, who asks the leader.
    await change(follower, [{ become: "learner", id: "n4" }]);
    await cluster.settle(500);
    expect(joiner.words).toEqual(["before"]);
    await change(leader.id, [
      { become: "voter", id: "n4" },
      { become: "removed", id: follower },
    ]);
    const ids = leader.driver.members().map(({ id }) => id);
    expect(ids).toEqual(
      [leader.id, "n4", ...cluster.ids]
        .filter((id, i, all) => id !== follower && all.indexOf(id) === i)
        .sort(),
    );
    await expect(
      change(leader.id, [
        { become: "removed", id: "n4" },
        { become: "witness", id: leader.id },
      ]),
    ).rejects.toMatchObject({ name: "ChangeRefusedError" });
    expect(await cluster.say(leader.id, "after", "all")).toMatchObject({ replicas: 3 });
    await cluster.settle(500);
    expect(joiner.words).toEqual(["before", "after"]);
  });

  it("are what they are to be, on the disks of a quorum, when the change is answered: who was left out may be stopped", async () => {
    const cluster = new DrivenCluster(3);
    const leader = await cluster.begin();
    const [gone, other] = followersOf(cluster, leader);
    for (const id of ["n4", "n5"]) await cluster.start(id, { founder: false });
    const learners = ["n4", "n5"].map((id) => ({ become: "learner", id }) as const);
    await cluster.time.until(leader.driver.changeMembers(learners));
    await cluster.settle(500);
    const answered = leader.driver
      .changeMembers([
        { become: "voter", id: "n4" },
        { become: "voter", id: "n5" },
        { become: "removed", id: gone },
        { become: "removed", id: other },
      ])
      .then(() => leader.driver.status()!);
    const { membership, membershipIndex, commit } = await cluster.time.until(answered);
    expect(membership.voters).toEqual([leader.id, "n4", "n5"].sort());
    expect(commit).toBeGreaterThanOrEqual(membershipIndex);
    for (const id of [gone, other, leader.id]) cluster.network.cut(id);
    expect((await cluster.leader(["n4", "n5"])).driver.members()).toHaveLength(3);
  });

  it("let a leader go that removes itself, and go on", async () => {
    const cluster = new DrivenCluster(3);
    const leader = await cluster.begin();
    await cluster.time.until(leader.driver.changeMembers([{ become: "removed", id: leader.id }]));
    const rest = followersOf(cluster, leader);
    const next = await cluster.leader(rest);
    expect(next.id).not.toBe(leader.id);
    expect(await cluster.say(next.id, "without it", "all")).toMatchObject({ replicas: 2 });
  });

  it("may be witnesses: they make a quorum, keep no state, take snapshots in name, and never lead", async () => {
    const cluster = new DrivenCluster(
      3,
      { snapshotLogBytes: 2000, keepLogBytes: 100 },
      { witnesses: ["n3"] },
    );
    const leader = await cluster.begin();
    expect(leader.id).not.toBe("n3");
    const other = leader.id === "n1" ? "n2" : "n1";
    await cluster.losePower(other);
    for (let i = 0; i < 60; i++) await cluster.say(leader.id, `word ${i}`);
    await cluster.losePower("n3");
    const witness = await cluster.start("n3");
    expect(await cluster.say(leader.id, "with a witness alone")).toMatchObject({ committed: true });
    expect(witness.words).toEqual([]);
    expect(witness.log.snapshot.index).toBeGreaterThan(0);
    await cluster.start(other);
    await cluster.settle();
    expect(cluster.member(other).words).toHaveLength(61);
  });
});
