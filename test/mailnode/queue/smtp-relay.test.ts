import { once } from "node:events";
import { mkdtemp, readdir, readlink, rm, writeFile } from "node:fs/promises";
import { connect, createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterEach, describe, expect, it, jest } from "@jest/globals";
import { realDisk } from "../../../src/mailnode/disk/real-disk.ts";
import type { QueueEntry } from "../../../src/mailnode/queue/entry.ts";
import type { RelayResult } from "../../../src/mailnode/queue/relay.ts";
import { smtpRelay } from "../../../src/mailnode/queue/smtp-relay.ts";
import { NextHop } from "../../../src/toolkit/lab/mail/next-hop.ts";
import { envelope } from "../fixtures/messages.ts";
import { CUT, ScriptedHop } from "../fixtures/scripted-hop.ts";
import { until } from "../fixtures/until.ts";

/* Real sockets, on a machine that may be busy. */
jest.setTimeout(30_000);

const hops: { stop(): Promise<void> }[] = [];
afterEach(() => Promise.all(hops.splice(0).map((hop) => hop.stop())));

async function scripted(...replies: Parameters<typeof ScriptedHop.start>): Promise<ScriptedHop> {
  const hop = await ScriptedHop.start(...replies);
  hops.push(hop);
  return hop;
}

function entryFor(recipients: readonly string[], changes = {}): QueueEntry {
  return {
    envelope: envelope("m1", { recipients, ...changes }),
    state: { attempts: 0, nextTryAt: 0, pending: recipients, failed: [] },
    bodyStart: 0,
  };
}

async function* bodyOf(text: string): AsyncIterable<Uint8Array> {
  yield Buffer.from(text);
}

function relay(port: number, entry: QueueEntry, body = "Subject: x\r\n\r\nbody\r\n"): Promise<RelayResult> {
  return smtpRelay({ host: "127.0.0.1", port, hostname: "mail.example.com", connectTimeoutMs: 2_000 })(
    entry,
    bodyOf(body),
  );
}

/** A way to a next hop on which its greeting, and nothing else, takes its time. What the client says is kept. */
async function lateWay(port: number, greetsAfterMs: number): Promise<{ port: number; said(): string }> {
  const said: Buffer[] = [];
  const server = createServer((client) => {
    client.on("error", () => undefined);
    void wait(greetsAfterMs).then(() => {
      const hop = connect(port, "127.0.0.1").on("error", () => undefined);
      client
        .on("data", (piece) => said.push(piece))
        .pipe(hop)
        .pipe(client);
    });
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const stop = async (): Promise<void> => {
    const closed = once(server, "close");
    server.close();
    await closed;
  };
  hops.push({ stop });
  return { port: (server.address() as AddressInfo).port, said: () => Buffer.concat(said).toString("latin1") };
}

/** What this process has open. A descriptor may be gone before it is looked at. */
async function openFiles(): Promise<readonly string[]> {
  const descriptors = await readdir("/proc/self/fd");
  return Promise.all(descriptors.map((name) => readlink(`/proc/self/fd/${name}`).catch(() => "")));
}

describe("relaying by SMTP", () => {
  it("delivers with TLS when the next hop offers it, whoever's certificate that is", async () => {
    const hop = await NextHop.start("127.0.0.1");
    hops.push(hop);
    const body = "Received: from x by y with ESMTPS id q-1;\r\n\tSun\r\nMessage-ID: <m1@x>\r\n\r\nbody\r\n";
    const result = await relay(hop.port, entryFor(["b@example.com"]), body);
    expect(result.nextHop).toBe("works");
    expect([...result.outcomes]).toEqual([["b@example.com", { status: "delivered" }]]);
    expect(hop.arrivals).toEqual([{ id: "m1", queueId: "q-1", recipients: ["b@example.com"] }]);
  });

  it("waits for a greeting that is later than a connection may be, and has TLS after it", async () => {
    const hop = await NextHop.start("127.0.0.1");
    hops.push(hop);
    const way = await lateWay(hop.port, 3_000);
    const { outcomes } = await relay(way.port, entryFor(["b@example.com"]));
    expect([...outcomes.values()]).toEqual([{ status: "delivered" }]);
    expect(way.said()).toContain("STARTTLS");
    expect(way.said()).not.toContain("MAIL FROM");
  });

  it.each([
    ["answered in plain text", "500 what is this"],
    ["cut off", ""],
  ])("does without TLS when the handshake is %s", async (_what, handshake) => {
    let offers = 0;
    const hop = await scripted({
      EHLO: () => (offers++ === 0 ? "250-hop\r\n250 STARTTLS" : "250 hop"),
      STARTTLS: "220 go on",
      handshake,
    });
    const result = await relay(hop.port, entryFor(["b@example.com"]));
    expect([...result.outcomes.values()]).toEqual([{ status: "delivered" }]);
  });

  it.each([
    ["refuses STARTTLS for now", { STARTTLS: "454 4.7.0 TLS not available" }],
    ["cuts the handshake off", { STARTTLS: "220 go on", handshake: "" }],
  ])("puts off when a next hop that demands TLS %s", async (_what, replies) => {
    const refusal = "530 5.7.0 Must issue a STARTTLS command first";
    const hop = await scripted({
      EHLO: "250-hop\r\n250-PIPELINING\r\n250 STARTTLS",
      ...replies,
      MAIL: refusal,
      RCPT: refusal,
      DATA: refusal,
    });
    const { nextHop, outcomes } = await relay(hop.port, entryFor(["b@example.com", "c@example.com"]));
    expect(nextHop).toBe("refuses");
    expect([...outcomes.values()]).toEqual(Array(2).fill({ status: "deferred", reason: refusal }));
  });

  it("tells apart what became of each recipient", async () => {
    const hop = await scripted({
      RCPT: (line) =>
        line.includes("no@")
          ? "550 5.1.1 no such user"
          : line.includes("later@")
            ? "450 4.2.1 busy"
            : "250 ok",
    });
    const { outcomes } = await relay(
      hop.port,
      entryFor(["yes@example.com", "no@example.com", "later@example.com"]),
    );
    expect(Object.fromEntries(outcomes)).toEqual({
      "yes@example.com": { status: "delivered" },
      "no@example.com": { status: "rejected", code: "5.1.1", reason: "550 5.1.1 no such user" },
      "later@example.com": { status: "deferred", reason: "450 4.2.1 busy" },
    });
  });

  it.each([
    ["at DATA", { DATA: "554 5.7.1 no" }, "554 5.7.1 no"],
    ["after its end", { dot: "554 5.7.1 spam" }, "554 5.7.1 spam"],
  ])("holds a message refused %s against nobody who was refused before", async (_when, replies, reason) => {
    const hop = await scripted({
      RCPT: (line) =>
        line.includes("later@")
          ? "450 4.2.1 busy"
          : line.includes("no@")
            ? "550 5.1.1 no such user"
            : "250 ok",
      ...replies,
    });
    const { nextHop, outcomes } = await relay(
      hop.port,
      entryFor(["yes@example.com", "later@example.com", "no@example.com"]),
    );
    expect(nextHop).toBe("works");
    expect(Object.fromEntries(outcomes)).toEqual({
      "yes@example.com": { status: "rejected", code: "5.7.1", reason },
      "later@example.com": { status: "deferred", reason: "450 4.2.1 busy" },
      "no@example.com": { status: "rejected", code: "5.1.1", reason: "550 5.1.1 no such user" },
    });
  });

  it.each([
    ["DATA is answered", { DATA: "503 5.5.1 no valid recipients" }],
    ["the connection is lost", { DATA: "" }],
  ])("puts off a sender refused for now whose RCPT was sent along, when %s", async (_what, replies) => {
    const hop = await scripted({
      EHLO: "250-hop\r\n250 PIPELINING",
      MAIL: "451 4.7.1 greylisted",
      RCPT: "503 5.5.1 need MAIL",
      ...replies,
    });
    const { outcomes } = await relay(hop.port, entryFor(["b@example.com"]));
    expect(outcomes.get("b@example.com")).toEqual({ status: "deferred", reason: "451 4.7.1 greylisted" });
  });

  it.each([
    ["RCPT", { RCPT: `550 5.1.1 no${CUT}` }],
    ["DATA", { DATA: `554-no${CUT}` }],
    ["the end of the message", { dot: `554 5.7.1 sp${CUT}` }],
  ])("takes no part of a reply to %s for the reply", async (_what, replies) => {
    const hop = await scripted(replies);
    const { outcomes } = await relay(hop.port, entryFor(["b@example.com"]));
    expect(outcomes.get("b@example.com")).toMatchObject({ status: "deferred" });
  });

  it.each([
    ["a refused sender", { MAIL: "553 5.7.1 not you" }, { status: "rejected", code: "5.7.1" }],
    ["a demand for TLS", { MAIL: "538 5.7.11 encryption required" }, { status: "deferred" }],
    ["a sender refused for now", { MAIL: "451 4.7.1 greylisted" }, { status: "deferred" }],
    ["a message refused after its end", { dot: "554 spam" }, { status: "rejected", code: "5.0.0" }],
    ["a message put off after its end", { dot: "452 4.3.1 full" }, { status: "deferred" }],
    ["a connection lost after the end of the message", { dot: "" }, { status: "deferred" }],
    ["a connection lost at DATA", { DATA: "" }, { status: "deferred" }],
  ])("understands %s", async (_what, replies, expected) => {
    const hop = await scripted(replies);
    const { outcomes } = await relay(hop.port, entryFor(["b@example.com"]));
    expect(outcomes.get("b@example.com")).toMatchObject(expected);
  });

  it.each([
    ["a greeting of 554, which is no verdict on a message", { greeting: "554 no service" }, "refuses"],
    ["a greeting of 421", { greeting: "421 too many connections" }, "refuses"],
    ["a refused EHLO and HELO", { EHLO: "550 not you", HELO: "550 not you" }, "refuses"],
    ["a connection that ends at once", { greeting: "" }, "away"],
    ["a connection that ends at EHLO", { EHLO: "" }, "away"],
  ])(
    "puts off for %s, and tells a next hop that says nothing from one that refuses",
    async (_what, replies, is) => {
      const hop = await scripted(replies);
      const { nextHop, outcomes } = await relay(hop.port, entryFor(["b@example.com"]));
      expect(nextHop).toBe(is);
      expect(outcomes.get("b@example.com")).toMatchObject({ status: "deferred" });
    },
  );

  it("ends when the connection does while nobody is left to send the message to", async () => {
    const hop = await scripted({
      EHLO: "250-hop\r\n250 PIPELINING",
      RCPT: "550 5.1.1 no such user",
      DATA: `354 go on\r\n${CUT}`,
    });
    const { outcomes } = await relay(hop.port, entryFor(["b@example.com"]));
    expect([...outcomes.values()]).toMatchObject([{ status: "rejected", code: "5.1.1" }]);
  });

  it.each(["EHLO", "STARTTLS", "MAIL", "RCPT", "DATA", "dot"])(
    "takes 421 at %s for a session that the next hop refuses",
    async (word) => {
      const hop = await scripted({
        ...(word === "STARTTLS" && { EHLO: "250-hop\r\n250 STARTTLS" }),
        [word]: "421 4.7.0 too many connections",
      });
      const { nextHop, outcomes } = await relay(hop.port, entryFor(["b@example.com", "c@example.com"]));
      expect(nextHop).toBe("refuses");
      expect([...outcomes.values()]).toEqual(
        Array(2).fill({ status: "deferred", reason: "421 4.7.0 too many connections" }),
      );
    },
  );

  it("takes 421 for that also after it was told of one recipient for good", async () => {
    const hop = await scripted({
      RCPT: (line) => (line.includes("no@") ? "550 5.1.1 no such user" : "421 4.7.0 too many errors"),
    });
    const { nextHop, outcomes } = await relay(hop.port, entryFor(["no@example.com", "b@example.com"]));
    expect(nextHop).toBe("refuses");
    expect(outcomes.get("no@example.com")).toMatchObject({ status: "rejected" });
    expect(outcomes.get("b@example.com")).toMatchObject({ status: "deferred" });
  });

  it("puts off when nobody answers", async () => {
    const hop = await ScriptedHop.start();
    const { port } = hop;
    await hop.stop();
    expect(await relay(port, entryFor(["b@example.com"]))).toMatchObject({ nextHop: "away" });
  });

  it("closes the file of a message that was answered before its end", async () => {
    const directory = await mkdtemp(join(tmpdir(), "smtp-relay-"));
    const path = join(directory, "m1");
    await writeFile(path, `${"x".repeat(98)}\r\n`.repeat(300_000));
    const hop = await scripted({ line: "552 5.3.4 too large" });
    const { outcomes } = await smtpRelay({
      host: "127.0.0.1",
      port: hop.port,
      hostname: "mail.example.com",
      connectTimeoutMs: 2_000,
    })(entryFor(["b@example.com"]), realDisk.read(path));
    expect(outcomes.get("b@example.com")).toMatchObject({ status: "rejected", code: "5.3.4" });
    await until(async () => !(await openFiles()).includes(path));
    await rm(directory, { recursive: true });
  });

  it("names the null sender as such, and 8BITMIME where the next hop has it", async () => {
    const hop = await scripted({ EHLO: "250-hop\r\n250 8BITMIME" });
    await relay(hop.port, entryFor(["b@example.com"], { sender: "", eightBit: true }));
    expect(hop.lines).toContain("MAIL FROM:<> BODY=8BITMIME");
  });

  it("lets no dot and no bare line feed of a body end the message early", async () => {
    const hop = await scripted();
    await relay(
      hop.port,
      entryFor(["b@example.com"]),
      "Subject: x\r\n\r\n.\r\n.hidden\r\nbare\n.\nMAIL FROM:<evil@x>\r\n",
    );
    const data = hop.lines.slice(hop.lines.indexOf("DATA") + 1);
    expect(data.slice(0, data.indexOf("."))).toEqual([
      "Subject: x",
      "",
      "..",
      "..hidden",
      "bare",
      "..",
      "MAIL FROM:<evil@x>",
    ]);
  });
});
