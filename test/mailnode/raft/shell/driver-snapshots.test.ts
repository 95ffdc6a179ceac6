import { describe, expect, it, jest } from "@jest/globals";
import type { DriverOptions } from "../../../../src/mailnode/raft/shell/driver-options.ts";
import type { Packet } from "../../../../src/mailnode/raft/shell/packet.ts";
import { DrivenCluster, type Member } from "./driven-cluster.ts";

jest.setTimeout(60_000);

type Piece = Extract<Packet, { type: "snapshotPiece" }>;

const SHORT_LOG = { snapshotLogBytes: 3000, keepLogBytes: 500, snapshotPieceBytes: 100 };

describe("snapshots", () => {
  /** A leader whose log begins behind the end of the log of the member that was away. */
  async function withOneAway(
    options: Partial<DriverOptions> = SHORT_LOG,
  ): Promise<{ cluster: DrivenCluster; leader: Member; away: string }> {
    const cluster = new DrivenCluster(3, options);
    const leader = await cluster.begin();
    const away = cluster.ids.find((id) => id !== leader.id)!;
    await cluster.losePower(away);
    for (let i = 0; i < 150; i++) await cluster.say(leader.id, `word ${i}`);
    await cluster.settle();
    cluster.network.sent.length = 0;
    return { cluster, leader, away };
  }

  const pieces = ({ network }: DrivenCluster): readonly Piece[] =>
    network.sent.filter((packet) => packet.type === "snapshotPiece");

  it("keep the log short, in memory and on disk", async () => {
    const { leader } = await withOneAway();
    const { first, last, snapshot } = leader.driver.status()!;
    expect(first).toBeGreaterThan(50);
    expect(snapshot.index).toBeGreaterThanOrEqual(first);
    expect(last.index - first).toBeLessThan(120);
    expect(leader.log.firstIndex).toBe(first);
    expect(leader.disk.blocking.list("/log").filter((name) => name.endsWith(".snap"))).toHaveLength(1);
  });

  it("are taken when the log has grown by as much as the last one holds, and by the least at least", async () => {
    const taken = async (snapshotLogLeastBytes: number, snapshotLogBytes: number): Promise<number> => {
      const cluster = new DrivenCluster(1, { ...SHORT_LOG, snapshotLogLeastBytes, snapshotLogBytes });
      const leader = await cluster.begin();
      for (let i = 0; i < 300; i++) await cluster.say(leader.id, `word ${i}`);
      await cluster.settle();
      return leader.driver.figures().snapshots.taken;
    };
    const [always, bySize, never] = [await taken(300, 300), await taken(300, 1e6), await taken(1e6, 1e6)];
    expect(always).toBeGreaterThan(20);
    expect(bySize).toBeGreaterThan(2);
    expect(bySize).toBeLessThan(always / 2);
    expect(never).toBe(0);
  });

  it("bring a member up that was away for too long, piece by piece", async () => {
    const { cluster, leader, away } = await withOneAway();
    await cluster.start(away);
    await cluster.settle();
    expect(cluster.member(away).words).toEqual(leader.words);
    const sent = pieces(cluster);
    expect(sent.length).toBeGreaterThan(5);
    expect(sent.map(({ at }) => at)).toEqual(sent.map((_, i) => i * 100));
    const counted = [leader.id, away].map((id) => cluster.member(id).driver.figures().snapshots);
    expect(counted[0]).toEqual({ taken: expect.any(Number), sent: 1, installed: 0 });
    expect(counted[0]!.taken).toBeGreaterThan(0);
    expect(counted[1]).toMatchObject({ sent: 0, installed: 1 });
    // It is on the disk there, too.
    await cluster.losePower(away);
    await cluster.start(away);
    expect(cluster.member(away).words.length).toBeGreaterThan(50);
  });

  it("go on where a broken connection interrupted them", async () => {
    const { cluster, leader, away } = await withOneAway();
    const offsets: number[] = [];
    let breaks = 0;
    cluster.network.loses = (from, to, packet) => {
      if (packet.type !== "snapshotPiece") return false;
      offsets.push(packet.at);
      if (breaks >= 3 || offsets.length % 3 !== 0) return false;
      breaks++;
      cluster.time.schedule(1, () => cluster.network.reset(from, to));
      return true;
    };
    await cluster.start(away);
    await cluster.settle(6000);
    expect(breaks).toBe(3);
    expect(cluster.member(away).words).toEqual(leader.words);
    // Each piece that was lost was sent once more, and nothing else was.
    expect(offsets.filter((at, i) => offsets.indexOf(at) !== i)).toHaveLength(3);
  });

  it("are proven whole by their digest, and sent anew when they are not", async () => {
    const { cluster, leader, away } = await withOneAway();
    let changed = 0;
    cluster.network.changes = (packet) => {
      if (packet.type !== "snapshotPiece" || packet.at !== 200 || changed > 0) return packet;
      changed++;
      return { ...packet, content: packet.content.map((byte) => byte ^ 1) };
    };
    await cluster.start(away);
    await cluster.settle(6000);
    expect(changed).toBe(1);
    expect(cluster.network.sent.filter(({ type }) => type === "snapshotRefused")).toHaveLength(1);
    expect(cluster.member(away).words).toEqual(leader.words);
  });

  it("are sent no quicker than is allowed", async () => {
    const cluster = new DrivenCluster(3, { ...SHORT_LOG, snapshotBytesPerSecond: 1000 });
    const leader = await cluster.begin();
    const away = cluster.ids.find((id) => id !== leader.id)!;
    await cluster.losePower(away);
    for (let i = 0; i < 150; i++) await cluster.say(leader.id, `word ${i}`);
    cluster.network.sent.length = 0;
    await cluster.start(away);
    await cluster.settle(500);
    expect(cluster.member(away).words).toEqual([]);
    expect(pieces(cluster).length).toBeGreaterThan(2);
    expect(pieces(cluster).length).toBeLessThanOrEqual(6);
    await cluster.settle(6000);
    expect(cluster.member(away).words).toEqual(leader.words);
  });

  it("that nobody answers are given up, and offered again", async () => {
    const { cluster, leader, away } = await withOneAway();
    let offers = 0;
    cluster.network.loses = (_from, _to, { type }) => type === "snapshotOffer" && offers++ === 0;
    await cluster.start(away);
    await cluster.settle(15_000);
    expect(offers).toBe(2);
    expect(cluster.member(away).words).toEqual(leader.words);
  });

  it.each([
    ["of a state that has gone on", SHORT_LOG],
    [
      "of the state as it is",
      { ...SHORT_LOG, snapshotLogBytes: 1, snapshotLogLeastBytes: 1, keepLogBytes: 0 },
    ],
  ])(
    "are written anew when the disk damaged them: without them there may be no quorum (%s)",
    async (_, options) => {
      const { cluster, leader, away } = await withOneAway(options);
      const third = cluster.ids.find((id) => id !== leader.id && id !== away)!;
      await cluster.losePower(third);
      const { blocking } = leader.disk;
      const name = blocking.list("/log").find((file) => file.endsWith(".snap"))!;
      blocking.flip(`/log/${name}`, 5, 1);
      await cluster.start(away);
      await cluster.settle(15_000);
      expect(cluster.member(away).words).toEqual(leader.words);
      expect(cluster.problems).toEqual([
        expect.stringMatching(
          /^a snapshot is written anew from memory, look at the disk: .* is damaged at byte/,
        ),
      ]);
    },
  );

  it("are not offered again and again in no time to a member whose connection is gone", async () => {
    const { cluster, leader, away } = await withOneAway();
    await cluster.start(away);
    let offers = 0;
    cluster.network.changes = (packet) => {
      // An endless loop must end here, or no time-out of the test would ever come.
      if (packet.type === "snapshotOffer" && ++offers > 100) throw new Error("offered without end");
      return packet;
    };
    cluster.network.loses = (_from, _to, packet) => {
      // Its power goes while the first piece is under way, shortly after it was heard of.
      if (packet.type === "snapshotPiece" && offers === 1)
        cluster.time.schedule(1, () => void cluster.member(away).driver.stop());
      return packet.type === "snapshotPiece";
    };
    await cluster.settle();
    expect(offers).toBeGreaterThan(0);
    expect(offers).toBeLessThan(10);
    expect(leader.driver.leader()?.id).toBe(leader.id);
  });
});
