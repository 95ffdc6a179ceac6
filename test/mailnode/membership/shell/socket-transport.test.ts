import { afterEach, describe, expect, it } from "@jest/globals";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect, createServer, type AddressInfo } from "node:net";
import type { Address } from "../../../../src/mailnode/membership/core/types.ts";
import { SocketTransport } from "../../../../src/mailnode/membership/shell/socket-transport.ts";
import {
  MAX_DATAGRAM_BYTES,
  MAX_FRAME_BYTES,
  type Receiver,
} from "../../../../src/mailnode/membership/shell/transport.ts";
import { until } from "../../fixtures/until.ts";

const HERE: Address = { host: "127.0.0.1", port: 0 };
const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

async function transport(receiver: Partial<Receiver> = {}): Promise<SocketTransport> {
  const whole = { datagram: () => undefined, question: () => undefined, ...receiver };
  const made = await SocketTransport.open(HERE, whole);
  open.push(made);
  return made;
}

/** A TCP server that does with a connection what the test says. */
async function peer(behave: Parameters<typeof createServer>[1]): Promise<Address> {
  const server = createServer(behave).listen(0, "127.0.0.1");
  await once(server, "listening");
  open.push(server);
  return { host: "127.0.0.1", port: (server.address() as AddressInfo).port };
}

describe("the transport over sockets", () => {
  it("takes datagrams, with the address they came from, and questions with answers of any length up to the limit", async () => {
    const got: [Address, string][] = [];
    const whole = Buffer.alloc(MAX_FRAME_BYTES, 7);
    const a = await transport({
      datagram: (from, bytes) => got.push([from, Buffer.from(bytes).toString()]),
      question: (bytes) => (bytes.length === 1 ? whole : Buffer.from("short")),
    });
    const b = await transport();
    b.send(a.address, Buffer.from("hello"));
    await until(() => got.length === 1);
    expect(got).toEqual([[b.address, "hello"]]);
    expect(Buffer.compare(await b.ask(a.address, Buffer.of(1), 5_000), whole)).toBe(0);
    expect(Buffer.from(await b.ask(a.address, whole, 5_000)).toString()).toBe("short");
  });

  it("uses one port number for both, and fails where that is taken or not this machine's", async () => {
    const a = await transport();
    await expect(
      SocketTransport.open(a.address, { datagram: () => undefined, question: () => undefined }),
    ).rejects.toMatchObject({ code: "EADDRINUSE" });
    await expect(
      SocketTransport.open(
        { host: "192.0.2.1", port: 0 },
        { datagram: () => undefined, question: () => undefined },
      ),
    ).rejects.toMatchObject({ code: "EADDRNOTAVAIL" });
  });

  it("sends no datagram that is too long, and hears none", async () => {
    let heard = 0;
    const a = await transport({ datagram: () => heard++ });
    expect(() => a.send(a.address, Buffer.alloc(MAX_DATAGRAM_BYTES + 1))).toThrow(RangeError);
    const socket = createSocket("udp4");
    open.push(socket);
    socket.send(Buffer.alloc(MAX_DATAGRAM_BYTES + 1), a.address.port, a.address.host);
    socket.send(Buffer.alloc(MAX_DATAGRAM_BYTES), a.address.port, a.address.host);
    await until(() => heard > 0);
    expect(heard).toBe(1);
  });

  it("gets no answer from one who hangs up, stays silent, stops half-way or announces too much", async () => {
    const a = await transport();
    const hangsUp = await peer((socket) => socket.destroy());
    await expect(a.ask(hangsUp, Buffer.of(1), 5_000)).rejects.toThrow();
    const silent = await peer((socket) => socket.resume().on("error", () => undefined));
    await expect(a.ask(silent, Buffer.of(1), 50)).rejects.toThrow(/no answer within 50 ms/);
    const half = await peer((socket) => socket.resume().end(Buffer.of(0, 0, 0, 9, 1, 2)));
    await expect(a.ask(half, Buffer.of(1), 5_000)).rejects.toThrow(/ended after 6 of 13 bytes/);
    const huge = await peer((socket) => {
      socket.on("error", () => undefined);
      socket.resume().write(Buffer.of(255, 255, 255, 255));
    });
    await expect(a.ask(huge, Buffer.of(1), 5_000)).rejects.toThrow(/too long/);
  });

  it("hangs up on those who announce too much, and on those whose question has no answer", async () => {
    const a = await transport();
    for (const bytes of [Buffer.of(255, 255, 255, 255), Buffer.of(0, 0, 0, 1, 7)]) {
      const socket = connect(a.address.port, a.address.host);
      socket.on("error", () => undefined);
      socket.write(bytes);
      await once(socket.resume(), "close");
    }
    // It still answers nobody else worse for it.
    const b = await transport({ question: () => Buffer.from("yes") });
    expect(Buffer.from(await a.ask(b.address, Buffer.of(1), 5_000)).toString()).toBe("yes");
  });

  it("closes though others hold streams open, and ends its own questions", async () => {
    const a = await transport();
    const b = await transport();
    const socket = connect(b.address.port, b.address.host);
    socket.on("error", () => undefined);
    await once(socket, "connect");
    const silent = await peer((stream) => stream.resume().on("error", () => undefined));
    const asking = a.ask(silent, Buffer.of(1), 60_000);
    const ended = expect(asking).rejects.toThrow(/stops/);
    open.splice(open.indexOf(a), 1);
    open.splice(open.indexOf(b), 1);
    await Promise.all([a.close(), b.close()]);
    await ended;
    await once(socket.resume(), "close");
  });
});
