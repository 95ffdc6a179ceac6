import { describe, expect, it, jest } from "@jest/globals";
import type { DriverOptions } from "../../../../src/mailnode/raft/shell/driver-options.ts";
import { DrivenCluster } from "./driven-cluster.ts";

/* Many elections in virtual time, on a machine that may be busy. */
jest.setTimeout(120_000);

/** Small enough that a story crosses several snapshots. */
const SHORT_LOG: Partial<DriverOptions> = {
  snapshotLogBytes: 3000,
  keepLogBytes: 500,
  snapshotPieceBytes: 100,
};

/** What a client was told, over the lives of a cluster. */
interface Story {
  readonly acked: string[];
  readonly asked: Set<string>;
}

/** Clients talk to all members while time passes; each command is said once. */
async function talk(cluster: DrivenCluster, story: Story, ms: number): Promise<void> {
  const talking: Promise<void>[] = [];
  for (let passed = 0; passed < ms; passed += 20) {
    const id = cluster.ids[Math.floor(cluster.time.random() * cluster.ids.length)]!;
    const word = `word ${story.asked.size}`;
    story.asked.add(word);
    talking.push(
      cluster.propose(id, word).then(
        () => void story.acked.push(word),
        () => undefined,
      ),
    );
    await cluster.time.pass(20);
  }
  await cluster.time.until(Promise.all(talking));
}

/** All members hold the same, each command at most once, everything that was acknowledged, nothing that was not said. */
async function check(cluster: DrivenCluster, story: Story): Promise<void> {
  await cluster.leader();
  await cluster.settle();
  const { words } = cluster.member(cluster.ids[0]!);
  for (const id of cluster.ids) expect(cluster.member(id).words).toEqual(words);
  expect(new Set(words).size).toBe(words.length);
  expect(words.filter((word) => !story.asked.has(word))).toEqual([]);
  expect(story.acked.filter((word) => !words.includes(word))).toEqual([]);
}

function someOf(cluster: DrivenCluster, count: number): readonly string[] {
  const ids = [...cluster.ids];
  return Array.from(
    { length: count },
    () => ids.splice(Math.floor(cluster.time.random() * ids.length), 1)[0]!,
  );
}

describe("a cluster on disks that forget what was not synced", () => {
  it.each([1, 2, 3, 4, 5, 6])(
    "keeps all it acknowledged when any minority loses power, again and again (seed %i)",
    async (seed) => {
      const cluster = new DrivenCluster(seed % 2 === 0 ? 5 : 3, SHORT_LOG, { seed });
      cluster.syncMs = 5;
      await cluster.begin();
      const story: Story = { acked: [], asked: new Set() };
      for (let round = 0; round < 5; round++) {
        const victims = someOf(cluster, (cluster.ids.length - 1) / 2);
        const talking = talk(cluster, story, 600);
        for (const id of victims) await cluster.losePower(id);
        await talking;
        for (const id of victims) await cluster.start(id);
        await talk(cluster, story, 2000);
      }
      await check(cluster, story);
      expect(story.acked.length).toBeGreaterThan(100);
    },
  );

  it.each([11, 12, 13, 14])(
    "keeps all it acknowledged when all lose power at once (seed %i)",
    async (seed) => {
      const cluster = new DrivenCluster(3, SHORT_LOG, { seed });
      cluster.syncMs = 5;
      await cluster.begin();
      const story: Story = { acked: [], asked: new Set() };
      for (let round = 0; round < 5; round++) {
        await talk(cluster, story, 1000 + 200 * cluster.time.random());
        const onTheWay = ["a", "b", "c"].map((word) => `${word} ${round}`);
        for (const word of onTheWay) {
          story.asked.add(word);
          cluster.propose(cluster.ids[round % 3]!, word).then(
            () => void story.acked.push(word),
            () => undefined,
          );
        }
        await cluster.time.pass(cluster.time.random() * 12);
        for (const id of cluster.ids) await cluster.losePower(id);
        for (const id of cluster.ids) await cluster.start(id);
        await cluster.leader();
      }
      await check(cluster, story);
      expect(story.acked.length).toBeGreaterThan(50);
    },
  );

  it.each([21, 22, 23])("of one member alone answers only what its disk has (seed %i)", async (seed) => {
    const cluster = new DrivenCluster(1, SHORT_LOG, { seed });
    cluster.syncMs = 10;
    await cluster.begin();
    const story: Story = { acked: [], asked: new Set() };
    for (let round = 0; round < 10; round++) {
      for (const level of ["one", "quorum", "all"] as const) {
        const word = `${level} ${round}`;
        story.asked.add(word);
        cluster.propose("n1", word, level).then(
          () => void story.acked.push(word),
          () => undefined,
        );
      }
      await cluster.time.pass(cluster.time.random() * 40);
      await cluster.losePower("n1");
      await cluster.start("n1");
      await cluster.leader();
    }
    await check(cluster, story);
    expect(story.acked.length).toBeGreaterThan(0);
  });

  it("does not answer before the sync, be it alone", async () => {
    const cluster = new DrivenCluster(1);
    await cluster.begin();
    cluster.syncMs = 500;
    let answered = false;
    void cluster.propose("n1", "slow", "one").then(() => (answered = true));
    await cluster.time.pass(490);
    expect(answered).toBe(false);
    await cluster.time.pass(20);
    expect(answered).toBe(true);
  });
});

describe("a member whose disk fails", () => {
  it.each(["EIO", "ENOSPC"] as const)(
    "stops at once with %s, and leaves what was asked of it unclear",
    async (fault) => {
      const cluster = new DrivenCluster(3);
      const leader = await cluster.begin();
      await cluster.say(leader.id, "before");
      leader.disk.fault = ({ name }) => (name === "sync" ? fault : undefined);
      await expect(cluster.say(leader.id, "onto a bad disk")).rejects.toMatchObject({
        name: "OutcomeUnknown",
      });
      await expect(cluster.time.until(leader.driver.stopped)).resolves.toMatchObject({
        code: "RAFT_LOG_FAILED",
      });
      await expect(cluster.say(leader.id, "more")).rejects.toMatchObject({ reason: "stopped" });
      await expect(cluster.time.until(leader.driver.readIndex())).rejects.toMatchObject({
        reason: "stopped",
      });
      expect(leader.driver.leader()).toBeUndefined();
      const next = await cluster.leader(cluster.ids.filter((id) => id !== leader.id));
      expect(await cluster.say(next.id, "on good ones")).toMatchObject({ committed: true, replicas: 2 });
    },
  );

  it("stops when the disk refuses a snapshot", async () => {
    const cluster = new DrivenCluster(3, SHORT_LOG);
    const leader = await cluster.begin();
    const follower = cluster.member(cluster.ids.find((id) => id !== leader.id)!);
    follower.disk.fault = ({ path }) => (path.includes("snap") ? "ENOSPC" : undefined);
    for (let i = 0; i < 80; i++) await cluster.say(leader.id, `word ${i}`);
    await expect(cluster.time.until(follower.driver.stopped)).resolves.toMatchObject({
      code: "RAFT_LOG_FAILED",
    });
  });

  it("stops when the state machine cannot apply what is committed", async () => {
    const cluster = new DrivenCluster(3);
    const leader = await cluster.begin();
    const follower = cluster.member(cluster.ids.find((id) => id !== leader.id)!);
    follower.driver.follow({
      apply: () => {
        throw new RangeError("a newer release wrote this");
      },
      snapshot: () => new Uint8Array(0),
      restore: () => undefined,
    });
    await cluster.say(leader.id, "of a newer release");
    const error = await cluster.time.until(follower.driver.stopped);
    expect(error).toEqual(new RangeError("a newer release wrote this"));
  });
});
