import { describe, expect, it } from "@jest/globals";
import {
  LAN,
  suspicionMaxMs,
  suspicionMinMs,
  WAN,
  type Profile,
} from "../../../../src/mailnode/membership/core/profile.ts";
import { seeded } from "../../fixtures/random.ts";
import { PACKET_BYTES, VirtualNetwork } from "./virtual-network.ts";

/**
 * In protocol periods, for a network that loses nothing: n - 1 until the member is probed by somebody, two for
 * the probe and one that was just over, the suspicion at its longest, two for the word to spread.
 */
function periodsToDetect(profile: Profile, n: number): number {
  return n - 1 + 2 + suspicionMaxMs(profile, n) / profile.probeIntervalMs + 2;
}

function started(network: VirtualNetwork, count: number): void {
  network.startMany(count);
  expect(
    network.runUntil(60_000, () => network.agrees() && network.view("n0").length === count),
  ).toBeDefined();
}

describe("members over a virtual network", () => {
  it.each([2, 3, 5, 40])("%i of them find each other through one of them", (count) => {
    const network = new VirtualNetwork({ seed: count, profile: LAN });
    started(network, count);
    expect(network.events("suspected")).toEqual([]);
  });

  it.each([
    { name: "LAN", profile: LAN, count: 3 },
    { name: "LAN", profile: LAN, count: 5 },
    { name: "LAN", profile: LAN, count: 15 },
    { name: "WAN", profile: WAN, count: 5 },
  ])(
    "with the $name profile every crash of one of $count is detected within the bound, and not before",
    ({ profile, count }) => {
      for (let seed = 0; seed < 10; seed++) {
        const network = new VirtualNetwork({ seed, profile });
        started(network, count);
        network.run(seeded(seed)() * 3 * profile.probeIntervalMs);
        const rest = network.ids.filter((id) => id !== "n1");
        network.crash("n1");
        const took = network.runUntil(10 * 60_000, () => network.allSee(rest, "n1", "dead"));
        expect(took! / profile.probeIntervalMs).toBeLessThanOrEqual(periodsToDetect(profile, count));
        // Not sooner than a living one would have had to answer.
        expect(took!).toBeGreaterThan(suspicionMinMs(profile, count));
        expect(network.events("failed").map(({ event }) => "member" in event && event.member.id)).toEqual(
          rest.map(() => "n1"),
        );
        expect(network.longestPacket).toBeLessThanOrEqual(PACKET_BYTES);
      }
    },
  );

  it("detects that two of seven crash at once, though they were to probe each other", () => {
    const network = new VirtualNetwork({ seed: 3, profile: LAN });
    started(network, 7);
    network.crash("n1");
    network.crash("n2");
    const rest = network.ids.filter((id) => id !== "n1" && id !== "n2");
    const isSeen = (): boolean => network.allSee(rest, "n1", "dead") && network.allSee(rest, "n2", "dead");
    expect(network.runUntil(periodsToDetect(LAN, 7) * LAN.probeIntervalMs, isSeen)).toBeDefined();
  });

  it.each([0.05, 0.2, 0.4])(
    "declares no living member dead when packets are lost with probability %f",
    (loss) => {
      for (let seed = 0; seed < 3; seed++) {
        const network = new VirtualNetwork({ seed, profile: LAN, loss, maxDelayMs: 150 });
        started(network, 8);
        network.run(5 * 60_000);
        expect(network.events("failed")).toEqual([]);
      }
    },
  );

  it("declares no member dead that only some cannot reach", () => {
    const network = new VirtualNetwork({ seed: 11, profile: LAN });
    started(network, 6);
    network.cut(["n1"], ["n2"]);
    network.cut(["n2"], ["n1"]);
    network.run(5 * 60_000);
    expect(network.events("failed")).toEqual([]);
  });

  it("declares nobody dead when a member pauses for less than a suspicion lasts, it or the others", () => {
    for (let seed = 0; seed < 10; seed++) {
      const network = new VirtualNetwork({ seed, profile: LAN });
      started(network, 5);
      for (let round = 0; round < 10; round++) {
        network.pause(`n${round % 5}`, 3_500);
        network.run(20_000);
      }
      expect(network.events("failed")).toEqual([]);
    }
  });

  it("does not condemn the others after a pause of its own, however long", () => {
    for (let seed = 0; seed < 10; seed++) {
      const network = new VirtualNetwork({ seed, profile: LAN });
      started(network, 5);
      network.pause("n3", 60_000);
      network.run(120_000);
      expect(network.events("failed").filter(({ node }) => node === "n3")).toEqual([]);
      expect(network.allSee(network.ids, "n3", "alive")).toBe(true);
      expect(network.agrees()).toBe(true);
    }
  });

  it("comes together again after a partition that outlived the gossip to the dead", () => {
    for (let seed = 0; seed < 5; seed++) {
      const network = new VirtualNetwork({ seed, profile: LAN });
      started(network, 7);
      const [left, right] = [network.ids.slice(0, 3), network.ids.slice(3)];
      network.cut(left, right);
      network.cut(right, left);
      network.run(5 * 60_000);
      expect(left.every((id) => network.allSee(right, id, "dead"))).toBe(true);
      expect(right.every((id) => network.allSee(left, id, "dead"))).toBe(true);
      network.heal();
      const healed = network.now;
      const isWhole = (): boolean => network.ids.every((id) => network.allSee(network.ids, id, "alive"));
      expect(network.runUntil(2 * 60_000, isWhole)).toBeDefined();
      network.run(60_000);
      expect(network.agrees()).toBe(true);
      // Nobody takes over the verdict of the other side about its own.
      expect(network.events("failed", healed)).toEqual([]);
    }
  });

  it("ends with equal views whatever happened before, twice the same for the same seed", () => {
    const digests = new Set<string>();
    for (let seed = 0; seed < 8; seed++) {
      const [first, second] = [turmoil(seed), turmoil(seed)];
      expect(second).toBe(first);
      digests.add(first);
    }
    expect(digests.size).toBe(8);
  });

  it("keeps each node's traffic apart from the size of the cluster", () => {
    const perNodeAndSecond = [10, 40].map((count) => {
      const network = new VirtualNetwork({ seed: 1, profile: LAN });
      started(network, count);
      network.run(60_000);
      const before = network.packets;
      network.run(60_000);
      return (network.packets - before) / count / 60;
    });
    expect(perNodeAndSecond[1]).toBeLessThan(perNodeAndSecond[0]! * 1.5);
  });
});

/** Faults by chance, then a quiet time; the digest of all that happened. Checks what must hold at every end. */
function turmoil(seed: number): string {
  const random = seeded(seed + 1_000);
  const count = 3 + Math.floor(random() * 7);
  const network = new VirtualNetwork({
    seed,
    profile: LAN,
    loss: random() * 0.3,
    maxDelayMs: 5 + random() * 200,
  });
  started(network, count);
  const down = new Set<string>();
  const any = (): string => `n${Math.floor(random() * count)}`;
  for (let step = 0; step < 25; step++) {
    const id = any();
    const chance = random();
    if (chance < 0.2 && !down.has(id) && down.size < count - 1) {
      down.add(id);
      network.crash(id);
    } else if (chance < 0.5 && down.delete(id)) network.start(id, network.ids, random() < 0.3);
    else if (chance < 0.6) network.pause(id, random() * 20_000);
    else if (chance < 0.75)
      network.cut(
        [id],
        network.ids.filter(() => random() < 0.5),
      );
    else if (chance < 0.9) network.heal();
    else if (!down.has(id)) {
      const metadata = { name: id, roles: ["mail"], addresses: {}, loadPermille: step };
      network.call(id, (membership) => membership.announce(metadata));
    }
    const known = new Map(network.ids.map((watcher) => [watcher, network.node(watcher)]));
    const before = network.ids.map((watcher) => incarnationsOf(network, watcher));
    network.run(random() * 15_000);
    network.ids.forEach((watcher, at) => {
      if (known.get(watcher) === network.node(watcher))
        expectGrown(before[at]!, incarnationsOf(network, watcher));
    });
  }
  network.heal();
  for (const id of down) network.start(id, network.ids);
  const isWhole = (): boolean =>
    network.agrees() && network.ids.every((id) => network.allSee(network.ids, id, "alive"));
  if (network.runUntil(5 * 60_000, isWhole) === undefined)
    throw new Error(
      `seed ${seed}: views differ\n${network.ids.map((id) => network.view(id).join("\n")).join("\n\n")}`,
    );
  return network.digest();
}

function incarnationsOf(network: VirtualNetwork, watcher: string): ReadonlyMap<string, number> {
  return new Map(
    network
      .node(watcher)
      .members()
      .map(({ id, incarnation }) => [id, incarnation]),
  );
}

/** Of every member that was known the incarnation is what it was, or more. */
function expectGrown(before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>): void {
  const shrunk = [...before].filter(([id, incarnation]) => (after.get(id) ?? -1) < incarnation);
  expect(shrunk).toEqual([]);
}
