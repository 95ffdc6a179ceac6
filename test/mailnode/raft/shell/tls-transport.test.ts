import { once } from "node:events";
import { connect as connectPlain, type Socket } from "node:net";
import { connect, createServer, type TLSSocket } from "node:tls";
import { afterEach, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { systemEnv } from "../../../../src/mailnode/node/system-env.ts";
import type { Append, Message } from "../../../../src/mailnode/raft/core/messages.ts";
import { decodeReply, encodeHello, encodeReply } from "../../../../src/mailnode/raft/shell/greeting.ts";
import { encodePacket } from "../../../../src/mailnode/raft/shell/packet-codec.ts";
import type { Packet } from "../../../../src/mailnode/raft/shell/packet.ts";
import type { Identity, TlsLimits } from "../../../../src/mailnode/raft/shell/tls-options.ts";
import { TlsTransport } from "../../../../src/mailnode/raft/shell/tls-transport.ts";
import { FrameDecoder } from "../../../../src/mailnode/raft/wire/frame-decoder.ts";
import { encodeFrame, type Frame } from "../../../../src/mailnode/raft/wire/frame.ts";
import { until } from "../../fixtures/until.ts";
import { TestAuthority } from "./certificates.ts";

/* Real sockets and handshakes, on a machine that may be busy. */
jest.setTimeout(60_000);

const CLUSTER = "acme";

interface Node {
  readonly id: string;
  readonly transport: TlsTransport;
  readonly port: number;
  readonly packets: { readonly from: string; readonly packet: Packet }[];
  readonly broken: string[];
  readonly problems: string[];
}

interface NodeOptions {
  readonly identity?: Identity;
  readonly cluster?: string;
  readonly limits?: Partial<TlsLimits>;
}

describe("the members' network", () => {
  let authority: TestAuthority;
  let ours: Identity;
  const nodes: Node[] = [];
  const closing: (() => void)[] = [];

  beforeAll(async () => {
    authority = await TestAuthority.make();
    ours = await authority.identity("member");
  });
  afterEach(async () => {
    await Promise.all(nodes.splice(0).map(({ transport }) => transport.close()));
    for (const close of closing.splice(0)) close();
  });

  async function node(
    id: string,
    { identity = ours, cluster = CLUSTER, limits }: NodeOptions = {},
  ): Promise<Node> {
    const problems: string[] = [];
    const transport = new TlsTransport({
      id,
      cluster,
      host: "127.0.0.1",
      port: 0,
      identity,
      env: systemEnv,
      limits: { minRetryMs: 10, ...limits },
      report: (problem) => void problems.push(problem),
    });
    const { port } = await transport.listen();
    const made: Node = { id, transport, port, packets: [], broken: [], problems };
    transport.start({
      packet: (from, packet) => void made.packets.push({ from, packet }),
      broken: (member) => void made.broken.push(member),
    });
    nodes.push(made);
    return made;
  }

  function introduce(...all: Node[]): void {
    const book = new Map(all.map(({ id, port }) => [id, { host: "127.0.0.1", port, compress: id === "n3" }]));
    for (const { transport } of all) transport.setPeers(book);
  }

  function heartbeat(from: string, to: string, round = 1): Packet {
    return { type: "raft", message: { type: "heartbeat", from, to, term: 1, commit: 0, round } };
  }

  function append(from: string, to: string, bytes: number): Packet {
    const entry = { term: 1, index: 1, kind: "data", data: new Uint8Array(bytes).fill(7) } as const;
    const message: Append = {
      type: "append",
      from,
      to,
      term: 1,
      prevIndex: 0,
      prevTerm: 0,
      commit: 0,
      entries: [entry],
    };
    return { type: "raft", message };
  }

  const rounds = ({ packets }: Node): number[] =>
    packets.map(({ packet }) =>
      packet.type === "raft" ? (packet.message as Message & { round: number }).round : -1,
    );

  /** A caller that does as it likes, once the handshake is done. */
  async function caller(
    target: Node,
    identity = ours,
  ): Promise<{ socket: TLSSocket; frames: Frame[]; closed: () => boolean }> {
    const socket = connect({
      host: "127.0.0.1",
      port: target.port,
      key: identity.key.reveal(),
      cert: identity.certificate,
      ca: identity.authority,
    });
    closing.push(() => socket.destroy());
    let closed = false;
    socket.on("close", () => (closed = true)).on("error", () => undefined);
    const decoder = new FrameDecoder(4096);
    const frames: Frame[] = [];
    socket.on("data", (chunk: Buffer) => frames.push(...decoder.push(chunk)));
    await once(socket, "secureConnect");
    return { socket, frames, closed: () => closed };
  }

  function write(socket: TLSSocket, frame: Frame): void {
    for (const bytes of encodeFrame(frame)) socket.write(bytes);
  }

  const hello = (from: string, to: string, changes = {}): Frame =>
    encodeHello({ version: 1, cluster: CLUSTER, from, to, ...changes });

  it("carries packets both ways, in order, compressed for the peers that are marked", async () => {
    const [one, two, three] = [await node("n1"), await node("n2"), await node("n3")];
    introduce(one, two, three);
    await until(() => one.transport.send("n2", heartbeat("n1", "n2", 0)));
    for (let round = 1; round < 200; round++) one.transport.send("n2", heartbeat("n1", "n2", round));
    await until(() => two.transport.send("n1", heartbeat("n2", "n1", 7)));
    await until(() => two.packets.length === 200 && one.packets.length === 1);
    expect(rounds(two)).toEqual(Array.from({ length: 200 }, (_, i) => i));
    const large = append("n1", "n3", 100_000);
    await until(() => one.transport.send("n3", large));
    await until(() => three.packets.length === 1);
    expect(three.packets).toEqual([{ from: "n1", packet: large }]);
  });

  it("comes back when a peer was away, and says that the connection broke", async () => {
    const one = await node("n1");
    const two = await node("n2");
    introduce(one, two);
    await until(() => one.transport.send("n2", heartbeat("n1", "n2")));
    await two.transport.close();
    await until(() => one.broken.includes("n2"));
    await until(() => !one.transport.send("n2", heartbeat("n1", "n2")));
    const again = await node("n2");
    introduce(one, again);
    await until(() => one.transport.send("n2", heartbeat("n1", "n2", 5)));
    await until(() => again.packets.length === 1);
  });

  it("does not speak with whom another authority signed for, whoever of the two calls", async () => {
    const other = await (await TestAuthority.make("elsewhere")).identity("member");
    const [one, stranger] = [await node("n1"), await node("n2", { identity: other })];
    introduce(one, stranger);
    await until(() => one.problems.length > 0 && stranger.problems.length > 0);
    expect(one.transport.send("n2", heartbeat("n1", "n2"))).toBe(false);
    expect(stranger.transport.send("n1", heartbeat("n2", "n1"))).toBe(false);
    expect([...one.packets, ...stranger.packets]).toEqual([]);
  });

  it("does not speak with a caller without a certificate, nor in TLS 1.2, nor with what is no TLS", async () => {
    const one = await node("n1");
    const bare = connect({ host: "127.0.0.1", port: one.port, ca: ours.authority });
    const old = connect({
      host: "127.0.0.1",
      port: one.port,
      ca: ours.authority,
      key: ours.key.reveal(),
      cert: ours.certificate,
      maxVersion: "TLSv1.2",
    });
    const plain = connectPlain(one.port, "127.0.0.1");
    plain.write("EHLO mail.example.com\r\n");
    for (const socket of [bare, old, plain]) socket.on("error", () => undefined);
    const closed = (socket: Socket) => new Promise((resolve) => socket.once("close", resolve));
    await Promise.all([bare, old, plain].map(closed));
    expect(one.problems).toHaveLength(3);
    for (const problem of one.problems) expect(problem).toContain("is no member");
  });

  it("refuses another cluster, another member, an unknown one and another version, and tells the caller why", async () => {
    const [one, two] = [await node("n1"), await node("n2")];
    introduce(one, two);
    const cases = [
      [hello("n2", "n1", { cluster: "other" }), "another cluster"],
      [hello("n2", "n9"), "looks for n9"],
      [hello("n7", "n1"), "n7 is not in this node's list"],
      [hello("n2", "n1", { version: 9 }), "version 9"],
    ] as const;
    for (const [greeting, reason] of cases) {
      const { socket, frames, closed } = await caller(one);
      write(socket, greeting);
      await until(closed);
      expect(frames.map(decodeReply)).toEqual([expect.stringContaining(reason)]);
      expect(one.problems.at(-1)).toContain(reason);
    }
  });

  it("refuses a member's certificate in the name of another member, whoever calls", async () => {
    const [first, second] = [await authority.identity("host-1"), await authority.identity("host-2")];
    const [one, two] = [await node("n1", { identity: first }), await node("n2", { identity: second })];
    const book = (portOfTwo: number) =>
      new Map([
        ["n1", { host: "127.0.0.1", port: one.port, name: "host-1" }],
        ["n2", { host: "127.0.0.1", port: portOfTwo, name: "host-2" }],
      ]);
    one.transport.setPeers(book(two.port));
    two.transport.setPeers(book(two.port));
    await until(() => one.transport.send("n2", heartbeat("n1", "n2")));
    const { socket, frames, closed } = await caller(one, first);
    write(socket, hello("n2", "n1"));
    await until(closed);
    expect(frames.map(decodeReply)).toEqual([expect.stringContaining("certificate is not for host-2")]);
    // And the other way: what answers at the member's address must be the member's host.
    const impostor = await node("n2", { identity: first });
    one.transport.setPeers(book(impostor.port));
    await until(() => one.problems.some((problem) => problem.includes("host-2")));
    expect(one.transport.send("n2", heartbeat("n1", "n2"))).toBe(false);
  });

  it("ends a member's call when its name is known to be another machine's, and takes that machine's certificate alone", async () => {
    const [first, second] = [await authority.identity("host-1"), await authority.identity("host-2")];
    const one = await node("n1", { identity: first });
    const impostor = await node("n2", { identity: second });
    const book = (name: string) =>
      new Map([
        ["n1", { host: "127.0.0.1", port: one.port, name: "host-1" }],
        ["n2", { host: "127.0.0.1", port: impostor.port, name }],
      ]);
    for (const { transport } of [one, impostor]) transport.setPeers(book("host-2"));
    await until(() => impostor.transport.send("n1", heartbeat("n2", "n1")));
    one.transport.setPeers(book("host-3"));
    await until(() => one.broken.includes("n2"));
    await until(() => one.problems.some((problem) => problem.includes("certificate is not for host-3")));
    expect(impostor.transport.connected("n1")).toBe(false);
  });

  it("asks for a certificate of the cluster's authority though Node was told to take any", async () => {
    const stranger = await node("n2", { identity: await (await TestAuthority.make()).identity("member") });
    process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = "0";
    closing.push(() => delete process.env["NODE_TLS_REJECT_UNAUTHORIZED"]);
    const one = await node("n1");
    one.transport.setPeers(new Map([["n2", { host: "127.0.0.1", port: stranger.port, name: "member" }]]));
    await until(() => one.problems.some((problem) => problem.startsWith("n2 at 127.0.0.1")));
    expect(one.transport.connected("n2")).toBe(false);
  });

  it("gives up a connection that brings garbage, a message in another's name or a frame out of bounds", async () => {
    const one = await node("n1", { limits: { maxFrameBytes: 10_000 } });
    one.transport.setPeers(new Map([["n2", { host: "127.0.0.1", port: one.port }]]));
    const [header] = encodeFrame({ kind: 16, payload: new Uint8Array(10_001) });
    const cases: [bytes: readonly Uint8Array[], reason: string][] = [
      [[new Uint8Array(64).fill(0x55)], "version 85"],
      [[header], "above the limit of 10000"],
      [encodeFrame({ kind: 99, payload: new Uint8Array(3) }), "kind 99"],
      [encodeFrame({ kind: 16, payload: new Uint8Array(3).fill(200) }), "200 stands where"],
      [encodeFrame(encodePacket(heartbeat("n3", "n1"))), "from n3 to n1"],
      [encodeFrame(encodePacket(heartbeat("n2", "n3"))), "from n2 to n3"],
    ];
    for (const [bytes, reason] of cases) {
      const { socket, frames, closed } = await caller(one);
      write(socket, hello("n2", "n1"));
      await until(() => frames.length === 1);
      for (const piece of bytes) socket.write(piece);
      await until(closed);
      expect(one.problems.filter((problem) => problem.includes(reason))).toHaveLength(1);
    }
    expect(one.packets).toEqual([]);
  });

  it("takes no more than a greeting from a stranger, and does not wait for it for ever", async () => {
    const one = await node("n1", { limits: { greetingMs: 300 } });
    const { socket, closed } = await caller(one);
    const [header] = encodeFrame({ kind: 1, payload: new Uint8Array(2000) });
    socket.write(header);
    await until(closed);
    expect(one.problems.at(-1)).toContain("above the limit of 1024");
    const silent = await caller(one);
    await until(silent.closed);
  });

  it("keeps a bounded queue for a peer that reads nothing, and gives the peer up in the end", async () => {
    const one = await node("n1", { limits: { maxQueueBytes: 1_000_000, stallMs: 400 } });
    const server = createServer(
      { key: ours.key.reveal(), cert: ours.certificate, ca: ours.authority, requestCert: true },
      (socket) => {
        socket.on("error", () => undefined);
        closing.push(() => socket.destroy());
        socket.once("data", () => {
          socket.pause();
          for (const bytes of encodeFrame(encodeReply())) socket.write(bytes);
        });
      },
    );
    closing.push(() => server.close());
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as { port: number };
    one.transport.setPeers(new Map([["n2", { host: "127.0.0.1", port }]]));
    const large = append("n1", "n2", 200_000);
    await until(() => one.transport.send("n2", large));
    let dropped = 0;
    let longest = 0;
    await until(() => {
      for (let i = 0; i < 10; i++) if (!one.transport.send("n2", large)) dropped++;
      longest = Math.max(longest, one.transport.queued("n2"));
      return one.broken.includes("n2");
    });
    expect(dropped).toBeGreaterThan(0);
    // One packet may come on top of what is allowed to wait.
    expect(longest).toBeLessThan(1_000_000 + 201_000);
    expect(one.problems.join()).toContain("took nothing for 400 ms");
  });

  it("shows and trusts new certificates without a restart, while what is connected stays so", async () => {
    const next = await TestAuthority.make("the next authority");
    const [one, two] = [await node("n1"), await node("n2")];
    introduce(one, two);
    await until(() => one.transport.send("n2", heartbeat("n1", "n2")));
    // Everybody trusts both first, then each shows a certificate of the new one, then the old one is dropped.
    const both = [authority, next];
    for (const { transport } of [one, two]) transport.rotate(await authority.identity("member", both));
    for (const { transport } of [one, two]) transport.rotate(await next.identity("member", both));
    for (const { transport } of [one, two]) transport.rotate(await next.identity("member"));
    expect(one.transport.send("n2", heartbeat("n1", "n2", 2))).toBe(true);
    await until(() => two.packets.length === 2);
    expect(one.broken).toEqual([]);
    const joiner = await node("n3", { identity: await next.identity("member") });
    introduce(one, two, joiner);
    await until(() => joiner.transport.send("n1", heartbeat("n3", "n1", 3)));
    await until(() => one.transport.send("n3", heartbeat("n1", "n3", 3)));
    const { closed, socket } = await caller(one, {
      ...(await authority.identity("member")),
      authority: next.pair.certificate,
    });
    write(socket, hello("n2", "n1"));
    await until(closed);
    expect(one.problems.at(-1)).toContain("is no member");
  });
});
