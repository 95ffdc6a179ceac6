import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server } from "node:net";
import { afterEach, describe, expect, it } from "@jest/globals";
import { Front } from "../../../demo/embedded/front.ts";

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** A node that greets with its name and the first line that it gets. */
async function node(name: string): Promise<{ name: string; port: number; server: Server }> {
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.once("data", (first: Buffer) => socket.end(`${name} ${first.toString().split("\r\n")[0]!}`));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  ends.push(() => server.close());
  return { name, port: (server.address() as AddressInfo).port, server };
}

async function said(front: Front): Promise<{ text: string; from: number }> {
  const socket = connect(front.port, "127.0.0.1");
  await once(socket, "connect");
  const from = socket.localPort!;
  let text = "";
  for await (const piece of socket) text += String(piece);
  return { text, from };
}

describe("the front", () => {
  it("sends everything to one node, with the client's address, and to the next when that one is gone", async () => {
    const nodes = [await node("a"), await node("b"), await node("c")];
    const front = await Front.start(nodes);
    ends.push(() => front.stop());
    const first = await said(front);
    expect(first.text).toBe(`a PROXY TCP4 127.0.0.1 127.0.0.1 ${first.from} ${front.port}`);
    expect((await said(front)).text).toMatch(/^a /);
    nodes[0]!.server.close();
    expect((await said(front)).text).toMatch(/^b /);
    expect(front.holder).toBe("b");
  });

  it("ends a connection that no node takes", async () => {
    const only = await node("a");
    only.server.close();
    const front = await Front.start([only]);
    ends.push(() => front.stop());
    expect((await said(front)).text).toBe("");
  });
});
