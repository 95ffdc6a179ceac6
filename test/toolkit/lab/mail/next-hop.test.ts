import { afterEach, describe, expect, it, jest } from "@jest/globals";
import { NextHop } from "../../../../src/toolkit/lab/mail/next-hop.ts";
import { sendMails, type Sending } from "../../../../src/toolkit/lab/mail/sender.ts";

/* Real sockets, on a machine that may be busy. */
jest.setTimeout(30_000);

const hops: NextHop[] = [];
afterEach(() => Promise.all(hops.splice(0).map((hop) => hop.stop())));

async function start(port = 0): Promise<NextHop> {
  const hop = await NextHop.start("127.0.0.1", port);
  hops.push(hop);
  return hop;
}

function sending(hop: NextHop, changes: Partial<Sending> = {}): Sending {
  return {
    host: "127.0.0.1",
    port: hop.port,
    prefix: "m",
    count: 5,
    to: "b@example.com",
    connections: 2,
    patienceMs: 10_000,
    ...changes,
  };
}

describe("next hop and sender", () => {
  it("send and remember every message by its id", async () => {
    const hop = await start();
    const sent = await sendMails(sending(hop));
    await hop.waitFor(sent.answered, 10_000);
    expect([...sent.answered].sort()).toEqual(["m-1", "m-2", "m-3", "m-4", "m-5"]);
    expect(hop.arrivals.map(({ id }) => id).sort()).toEqual([...sent.answered].sort());
    expect(hop.arrivals[0]!.recipients).toEqual(["b@example.com"]);
    expect(sent).toMatchObject({ retries: 0, refused: new Map() });
  });

  it("go on through a stop and a start on the same port", async () => {
    const hop = await start();
    const { port } = hop;
    await hop.stop();
    await hop.stop();
    const sent = sendMails(sending(hop, { count: 2 }));
    await new Promise((resolve) => setTimeout(resolve, 250));
    await hop.resume();
    await hop.resume();
    expect(hop.port).toBe(port);
    const { answered, retries } = await sent;
    expect(answered).toHaveLength(2);
    expect(retries).toBeGreaterThan(0);
  });

  it("report what was never answered, with the reason", async () => {
    const hop = await start();
    await hop.stop();
    const { answered, refused } = await sendMails(sending(hop, { count: 1, patienceMs: 0 }));
    expect(answered).toEqual([]);
    expect([...refused]).toEqual([["m-1", expect.stringContaining("ECONNREFUSED")]]);
  });

  it("name what did not arrive in time", async () => {
    const hop = await start();
    await expect(hop.waitFor(["a", "b"], 10)).rejects.toThrow("2 messages did not arrive in 10 ms: a, b");
  });
});
