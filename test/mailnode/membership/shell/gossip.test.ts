import { afterEach, describe, expect, it } from "@jest/globals";
import { createSocket } from "node:dgram";
import { connect } from "node:net";
import { once } from "node:events";
import { setImmediate as turn } from "node:timers/promises";
import type { Transport } from "../../../../src/mailnode/membership/shell/transport.ts";
import { KeyRing } from "../../../../src/mailnode/membership/shell/key-ring.ts";
import { seeded } from "../../fixtures/random.ts";
import { until } from "../../fixtures/until.ts";
import { allMeet, keyOf, KeptIncarnations, QUICK, startNode, stateOf, type TestNode } from "./nodes.ts";

const running: TestNode[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map(({ gossip }) => gossip.stop()));
});

async function start(...args: Parameters<typeof startNode>): Promise<TestNode> {
  const node = await startNode(...args);
  running.push(node);
  return node;
}

async function cluster(count: number): Promise<readonly TestNode[]> {
  const nodes: TestNode[] = [];
  for (let i = 0; i < count; i++) nodes.push(await start(`n${i}`));
  for (const node of nodes.slice(1)) node.gossip.join([nodes[0]!.gossip.address]);
  await until(() => allMeet(nodes));
  return nodes;
}

async function stop(node: TestNode): Promise<void> {
  running.splice(running.indexOf(node), 1);
  await node.gossip.stop();
}

describe("real nodes on loopback", () => {
  it("find each other, see one crash and nobody else, and see it come back with all it kept", async () => {
    const nodes = [...(await cluster(4))];
    const kept = new KeptIncarnations();
    const lost = await start("lost", { incarnations: kept });
    const { port } = lost.gossip.address;
    lost.gossip.join([nodes[0]!.gossip.address]);
    await until(() => allMeet([...nodes, lost]));
    await stop(lost);
    await until(() => nodes.every(({ gossip }) => stateOf(gossip, "lost") === "dead"));
    const failed = nodes.flatMap(({ events }) => events).filter(({ kind }) => kind === "failed");
    expect(failed).toEqual(
      nodes.map(() => expect.objectContaining({ member: expect.objectContaining({ id: "lost" }) })),
    );
    const back = await start("lost", { incarnations: kept, port });
    back.gossip.join([nodes[1]!.gossip.address]);
    await until(() => allMeet([...nodes, back]));
  }, 30_000);

  it("tell each other what they say of themselves, and that they leave", async () => {
    const [a, b, c] = await cluster(3);
    a!.gossip.announce({
      name: "a",
      roles: ["mail", "witness"],
      addresses: { smtp: "192.0.2.1:25" },
      loadPermille: 420,
    });
    await until(() => c!.gossip.members().some(({ metadata }) => metadata.loadPermille === 420));
    running.splice(running.indexOf(a!), 1);
    await a!.gossip.leave(5_000);
    await until(() => [b!, c!].every(({ gossip }) => stateOf(gossip, "n0") === "left"));
    expect([b!, c!].flatMap(({ events }) => events).filter(({ kind }) => kind === "suspected")).toEqual([]);
  }, 30_000);

  it("change their key without losing each other for a moment", async () => {
    const nodes = await cluster(3);
    const settle = async (): Promise<void> => {
      const load = Math.max(...nodes[0]!.gossip.members().map(({ metadata }) => metadata.loadPermille)) + 1;
      for (const [i, node] of nodes.entries()) {
        node.gossip.announce({ name: `n${i}`, roles: [], addresses: {}, loadPermille: load });
      }
      // Everybody hears everybody in every round.
      await until(() =>
        nodes.every(({ gossip }) => gossip.members().every(({ metadata }) => metadata.loadPermille === load)),
      );
    };
    for (const ring of [
      new KeyRing(keyOf(1), keyOf(2)),
      new KeyRing(keyOf(2), keyOf(1)),
      new KeyRing(keyOf(2)),
    ]) {
      for (const { keys } of nodes) {
        keys.follow(ring);
        await settle();
      }
    }
    expect(
      nodes.flatMap(({ events }) => events).filter(({ kind }) => kind === "suspected" || kind === "failed"),
    ).toEqual([]);
    expect(nodes.map(({ gossip }) => gossip.refused)).toEqual([0, 0, 0]);
  }, 30_000);

  it("do not hear one with another key, nor one of another cluster, and count what they refused", async () => {
    const a = await start("a");
    const wrongKey = await start("wrong-key", { keys: new KeyRing(keyOf(9)) });
    const elsewhere = await start("elsewhere", { cluster: "other" });
    for (const { gossip } of [wrongKey, elsewhere]) gossip.join([a.gossip.address]);
    await until(() => a.gossip.refused >= 2);
    expect(a.gossip.members().map(({ id }) => id)).toEqual(["a"]);
    expect(wrongKey.gossip.members().map(({ id }) => id)).toEqual(["wrong-key"]);
  }, 30_000);

  it("keep each other over TCP where no datagram passes, and say so", async () => {
    const mute = (inner: Transport): Transport => ({
      address: inner.address,
      send: () => undefined,
      ask: (...args) => inner.ask(...args),
      close: () => inner.close(),
    });
    // Nobody is to be suspected, on a busy machine neither.
    const profile = { ...QUICK, probeIntervalMs: 4_000, probeTimeoutMs: 2_000 };
    const a = await start("a", { wrap: mute, profile });
    const b = await start("b", { wrap: mute, profile });
    b.gossip.join([a.gossip.address]);
    await until(() => allMeet([a, b]));
    await until(
      () =>
        a.events.some(({ kind }) => kind === "udp-blocked") &&
        b.events.some(({ kind }) => kind === "udp-blocked"),
    );
    expect([...a.events, ...b.events].filter(({ kind }) => kind === "suspected")).toEqual([]);
  }, 30_000);

  it("are not upset by floods of garbage, spoiled and repeated packets", async () => {
    const captured: Uint8Array[] = [];
    const a = await start("a");
    const tapped = (inner: Transport): Transport => ({
      address: inner.address,
      send: (to, bytes) => {
        captured.push(bytes);
        inner.send(to, bytes);
      },
      ask: (...args) => inner.ask(...args),
      close: () => inner.close(),
    });
    const b = await start("b", { wrap: tapped });
    b.gossip.join([a.gossip.address]);
    await until(() => allMeet([a, b]) && captured.length > 3);
    const random = seeded(4);
    const socket = createSocket("udp4");
    const before = a.gossip.refused;
    const { host, port } = a.gossip.address;
    for (let i = 0; i < 3_000; i++) {
      const packet = Buffer.from(captured[i % captured.length]!);
      // One third random, one third with one byte changed, one third exactly as it was.
      if (i % 3 === 0) for (let at = 0; at < packet.length; at++) packet[at] = Math.floor(random() * 256);
      if (i % 3 === 1) packet[Math.floor(random() * packet.length)]! ^= 1 + Math.floor(random() * 255);
      socket.send(packet, port, host);
      // Time for the other side, which lives in this process too: a full buffer proves nothing.
      await turn();
    }
    socket.close();
    await until(() => a.gossip.refused - before > 2_000);
    for (let i = 0; i < 20; i++) {
      const stream = connect(port, host);
      stream.on("error", () => undefined);
      stream.end(Buffer.concat([Buffer.of(0, 0, 0, 100), Buffer.alloc(100, i)]));
      await once(stream.resume(), "close");
    }
    expect(allMeet([a, b])).toBe(true);
    expect(a.gossip.members()).toHaveLength(2);
    expect(a.events.filter(({ kind }) => kind !== "joined")).toEqual([]);
  }, 30_000);

  it("refute although they lost what they kept, and although the disk refuses at first", async () => {
    const nodes = [...(await cluster(3))];
    const victim = nodes[2]!;
    const { port } = victim.gossip.address;
    nodes.splice(2, 1);
    for (let load = 1; load < 5; load++) {
      victim.gossip.announce({ name: "n2", roles: [], addresses: {}, loadPermille: load });
    }
    await until(() => nodes[0]!.gossip.members().some(({ metadata }) => metadata.loadPermille === 4));
    await stop(victim);
    await until(() => nodes.every(({ gossip }) => stateOf(gossip, "n2") === "dead"));
    const broken = new KeptIncarnations();
    broken.next = undefined;
    let refusals = 1;
    const kept = {
      read: () => broken.read(),
      reserve: async (bound: number) => {
        if (bound > 2_000 && refusals-- > 0) throw new Error("ENOSPC");
        await broken.reserve(bound);
      },
    };
    const back = await start("n2", { incarnations: kept, port });
    // Past what was reserved at the start, so that the refutation waits for the disk.
    for (let load = 1; load < 1_500; load++) {
      back.gossip.announce({ name: "n2", roles: [], addresses: {}, loadPermille: load });
    }
    back.gossip.join([nodes[0]!.gossip.address]);
    await until(() => allMeet([...nodes, back]));
    await until(() => nodes[1]!.gossip.members().some(({ metadata }) => metadata.loadPermille === 1_499));
    expect(refusals).toBeLessThanOrEqual(0);
  }, 30_000);
});
