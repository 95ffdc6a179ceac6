import { afterEach, describe, expect, it, jest } from "@jest/globals";
import { ForgetfulDisk } from "../../../src/mailnode/disk/forgetful-disk.ts";
import { systemEnv } from "../../../src/mailnode/node/system-env.ts";
import { Delivery } from "../../../src/mailnode/queue/delivery.ts";
import type { Envelope, QueueEntry } from "../../../src/mailnode/queue/entry.ts";
import type { Outcome, RelayResult } from "../../../src/mailnode/queue/relay.ts";
import { FAILED_MAIL_LIMITS, FailedMail } from "../../../src/mailnode/queue/failed-mail.ts";
import { Spool } from "../../../src/mailnode/queue/spool.ts";
import { accept, bodyOf, envelope } from "../fixtures/messages.ts";
import { quietLog } from "../fixtures/quiet-log.ts";
import { seeded } from "../fixtures/random.ts";
import { until } from "../fixtures/until.ts";

/* Waits for events, on a machine that may be busy. */
jest.setTimeout(30_000);

const DELIVERED: Outcome = { status: "delivered" };
const DEFERRED: Outcome = { status: "deferred", reason: "451 later" };
const REJECTED: Outcome = { status: "rejected", code: "5.1.1", reason: "550 5.1.1 no such user" };

/** A next hop that answers as the test says, and keeps what it was given. */
class Hop {
  readonly seen: { entry: QueueEntry; body: string }[] = [];
  answer: (recipient: string, entry: QueueEntry) => Outcome = () => DELIVERED;
  nextHop: RelayResult["nextHop"] = "works";
  pause: () => Promise<void> = () => Promise.resolve();
  /** In place of the above, once it is set. */
  attempt: ((entry: QueueEntry) => Promise<RelayResult>) | undefined;

  relay = async (entry: QueueEntry, body: AsyncIterable<Uint8Array>): Promise<RelayResult> => {
    if (this.attempt) return this.attempt(entry);
    await this.pause();
    let text = "";
    for await (const piece of body) text += Buffer.from(piece).toString();
    this.seen.push({ entry, body: text });
    return {
      nextHop: this.nextHop,
      outcomes: new Map(entry.state.pending.map((recipient) => [recipient, this.answer(recipient, entry)])),
    };
  };

  of(id: string): { entry: QueueEntry; body: string }[] {
    return this.seen.filter(({ entry }) => entry.envelope.id === id);
  }
}

const running: Delivery[] = [];
afterEach(() => Promise.all(running.splice(0).map((delivery) => delivery.stop())));

async function setUp(
  retry = { firstMs: 2, longestMs: 8, giveUpMs: 1e9 },
  disk = new ForgetfulDisk(),
  env = systemEnv,
  limits = { ...FAILED_MAIL_LIMITS, leaveFreeBytes: 0 },
) {
  const { spool, recovery } = await Spool.open(disk, "/spool", env);
  const hop = new Hop();
  const options = { hostname: "mail.example.com", remote: "mx", maxConnections: 2, retry };
  const failedMail = new FailedMail(disk, spool.failed, limits, env, quietLog);
  const delivery = new Delivery(spool, failedMail, hop.relay, options, env, quietLog);
  running.push(delivery);
  for (const entry of recovery.entries) delivery.add(entry);
  delivery.start();
  const queue = async (id: string, changes: Partial<Envelope> = {}): Promise<void> => {
    delivery.add(await accept(spool, envelope(id, { acceptedAt: env.now(), ...changes })));
  };
  return { disk, spool, hop, delivery, queue };
}

describe("delivery", () => {
  it("takes a message to the next hop with its own body and forgets it", async () => {
    const { hop, delivery, disk, queue } = await setUp();
    await queue("m1");
    await until(() => delivery.length === 0);
    expect(hop.seen.map(({ body }) => body)).toEqual([bodyOf("m1")]);
    expect(await disk.list("/spool/queue")).toEqual([]);
  });

  it("tries again, for the recipients that are left only, until all have it", async () => {
    const { hop, delivery, queue } = await setUp();
    hop.answer = (recipient, { state }) =>
      recipient === "c@example.com" && state.attempts < 3 ? DEFERRED : DELIVERED;
    await queue("m1", { recipients: ["b@example.com", "c@example.com"] });
    await until(() => delivery.length === 0);
    expect(hop.seen.map(({ entry }) => entry.state.pending.length)).toEqual([2, 1, 1, 1]);
  });

  it("goes on after a loss of power with the recipients and the tries that were left", async () => {
    const before = await setUp({ firstMs: 2, longestMs: 2, giveUpMs: 1e9 });
    before.hop.answer = (recipient) => (recipient === "b@example.com" ? DELIVERED : DEFERRED);
    await before.queue("m1", { recipients: ["b@example.com", "c@example.com"] });
    await until(() => before.hop.seen.length >= 3);
    await before.delivery.stop();
    const after = await setUp(undefined, before.disk.afterPowerLoss(seeded(1)));
    await until(() => after.delivery.length === 0);
    expect(after.hop.seen).toHaveLength(1);
    expect(after.hop.seen[0]!.entry.state.pending).toEqual(["c@example.com"]);
    expect(after.hop.seen[0]!.entry.state.attempts).toBeGreaterThanOrEqual(2);
  });

  /* The machine's own clock is not a test's to set. */
  it.each([
    ["back", -1e9],
    ["forward", 1e8],
  ])("tries again in time when the wall clock is set %s, in this life and the next", async (_where, by) => {
    let offset = 0;
    const env = { ...systemEnv, now: () => Date.now() + offset };
    const before = await setUp(undefined, undefined, env);
    before.hop.answer = () => DEFERRED;
    await before.queue("m1");
    await until(() => before.hop.seen.length >= 2);
    offset = by;
    const { length } = before.hop.seen;
    await until(() => before.hop.seen.length >= length + 3);
    offset = 0;
    await until(() => before.hop.seen.length >= length + 6);
    await before.delivery.stop();
    offset = by;
    const after = await setUp(undefined, before.disk.afterPowerLoss(seeded(1)), env);
    await until(() => after.delivery.length === 0);
  });

  it("returns a message to its sender for recipients that are refused for good", async () => {
    const { hop, delivery, queue } = await setUp();
    hop.answer = (recipient) => (recipient === "c@example.com" ? REJECTED : DELIVERED);
    await queue("m1", { recipients: ["b@example.com", "c@example.com"] });
    await until(() => delivery.length === 0 && hop.seen.length === 2);
    const bounce = hop.seen[1]!;
    expect(bounce.entry.envelope).toMatchObject({ sender: "", recipients: ["a@sender.example"] });
    expect(bounce.body).toContain("Final-Recipient: rfc822; c@example.com");
    expect(bounce.body).not.toContain("b@example.com");
    expect(bounce.body).toContain("Status: 5.1.1");
    expect(bounce.body).toContain("Subject: m1");
    expect(bounce.body).not.toContain("line of m1");
  });

  it("gives up after its time and says so to the sender", async () => {
    const { hop, delivery, queue } = await setUp({ firstMs: 2, longestMs: 4, giveUpMs: 30 });
    hop.answer = (_recipient, entry) => (entry.envelope.sender === "" ? DELIVERED : DEFERRED);
    await queue("m1");
    await until(() => delivery.length === 0);
    expect(hop.of("m1").length).toBeGreaterThan(1);
    expect(hop.seen.at(-1)!.body).toContain("Status: 4.4.7");
    expect(hop.seen.at(-1)!.body).toContain("given up, last try: 451 later");
  });

  /* The machine's own clock is not a test's to set. */
  it("gives up after some tries and not at the first, when the wall clock jumped over its time", async () => {
    let offset = 0;
    const env = { ...systemEnv, now: () => Date.now() + offset };
    const { hop, delivery, queue } = await setUp({ firstMs: 2, longestMs: 8, giveUpMs: 1e9 }, undefined, env);
    hop.pause = async () => {
      offset = 1e12;
    };
    hop.answer = (_recipient, entry) => (entry.envelope.sender === "" ? DELIVERED : DEFERRED);
    await queue("m1");
    await until(() => delivery.length === 0);
    expect(hop.of("m1")).toHaveLength(4);
    expect(hop.seen.at(-1)!.body).toContain("Status: 4.4.7");
  });

  it("never bounces a bounce: without a sender the message is kept in failed/", async () => {
    const { hop, delivery, disk, queue } = await setUp();
    hop.answer = () => REJECTED;
    await queue("m1", { sender: "" });
    await until(() => delivery.length === 0);
    expect(hop.seen).toHaveLength(1);
    expect(await disk.list("/spool/failed")).toEqual(["m1", "m1.state"]);
    expect(await disk.list("/spool/queue")).toEqual([]);
  });

  it("keeps no more failed mail than it may, the newest", async () => {
    const { hop, delivery, disk, queue } = await setUp(undefined, undefined, undefined, {
      maxBytes: 3 * 8192,
      maxAgeMs: 1e9,
      leaveFreeBytes: 0,
    });
    hop.answer = () => REJECTED;
    for (let index = 0; index < 9; index++) {
      await queue(`m${index}`, { sender: "" });
      await until(() => delivery.length === 0);
    }
    const kept = ["m6", "m7", "m8"].flatMap((id) => [id, `${id}.state`]);
    expect(await disk.list("/spool/failed")).toEqual(kept);
  });

  it("tries what waited for an unreachable next hop as soon as another message reaches it", async () => {
    const { hop, queue, delivery } = await setUp({ firstMs: 1e6, longestMs: 1e6, giveUpMs: 1e9 });
    hop.nextHop = "away";
    hop.answer = () => DEFERRED;
    for (const id of ["m1", "m2", "m3"]) await queue(id);
    await until(() => hop.seen.length === 3);
    hop.nextHop = "works";
    hop.answer = () => DELIVERED;
    await queue("m4");
    await until(() => delivery.length === 0);
    expect(hop.seen).toHaveLength(7);
  });

  it("takes a session that the next hop refuses neither for its being back nor for its being away", async () => {
    const { hop, queue, delivery } = await setUp({ firstMs: 1e6, longestMs: 1e6, giveUpMs: 1e9 });
    hop.answer = () => DEFERRED;
    hop.nextHop = "away";
    await queue("m1");
    await until(() => hop.seen.length === 1);
    hop.nextHop = "refuses";
    await queue("m2");
    await until(() => hop.seen.length === 2);
    hop.answer = () => DELIVERED;
    hop.nextHop = "works";
    await queue("m3");
    await until(() => delivery.length === 1);
    expect(hop.seen.map(({ entry }) => entry.envelope.id)).toEqual(["m1", "m2", "m3", "m1"]);
  });

  it("comes back to a next hop with as many sessions as that takes, not with all that waited", async () => {
    const { hop, queue, delivery } = await setUp({ firstMs: 1e6, longestMs: 1e6, giveUpMs: 1e9 });
    hop.nextHop = "away";
    hop.answer = () => DEFERRED;
    for (let index = 0; index < 50; index++) await queue(`w${index}`);
    await until(() => hop.seen.length === 50);
    let open = 0;
    let refused = 0;
    hop.attempt = async (entry) => {
      const outcomes = (outcome: Outcome) => new Map(entry.state.pending.map((name) => [name, outcome]));
      if (open === 1) {
        refused++;
        return { nextHop: "refuses", outcomes: outcomes(DEFERRED) };
      }
      open++;
      await systemEnv.sleep(5);
      open--;
      return { nextHop: "works", outcomes: outcomes(DELIVERED) };
    };
    await queue("m1");
    await until(() => delivery.length === refused);
    expect(refused).toBeLessThanOrEqual(5);
  });

  it("keeps within its connections", async () => {
    const { hop, delivery, queue } = await setUp();
    let open = 0;
    let most = 0;
    hop.pause = async () => {
      most = Math.max(most, ++open);
      await new Promise((resolve) => setImmediate(resolve));
      open--;
    };
    for (let index = 0; index < 10; index++) await queue(`m${index}`);
    await until(() => delivery.length === 0);
    expect(most).toBe(2);
  });

  it("does not send twice in one life when the disk refuses to forget", async () => {
    const { hop, delivery, disk, queue } = await setUp();
    let refusals = 3;
    disk.fault = ({ name, path }) =>
      name === "remove" && path.includes("/queue/") && refusals-- > 0 ? "EIO" : undefined;
    await queue("m1");
    await until(() => delivery.length === 0);
    expect(hop.seen).toHaveLength(1);
    expect(await disk.list("/spool/queue")).toEqual([]);
  });

  it("bounces once the disk takes it, when it was full at first", async () => {
    const { hop, delivery, disk, queue } = await setUp();
    hop.answer = (_recipient, entry) => (entry.envelope.id === "m1" ? REJECTED : DELIVERED);
    await queue("m1");
    let refusals = 3;
    disk.fault = ({ name, path }) =>
      name === "append" && path.includes("/incoming/") && refusals-- > 0 ? "ENOSPC" : undefined;
    await until(() => delivery.length === 0 && hop.seen.length === 2);
    expect(hop.of("m1")).toHaveLength(1);
    expect(hop.seen[1]!.entry.envelope.recipients).toEqual(["a@sender.example"]);
  });

  it("tells the sender of a message that the disk has lost, without its header, and is done with it", async () => {
    const { hop, delivery, disk, queue } = await setUp();
    hop.attempt = async ({ state }) => {
      hop.attempt = undefined;
      return { nextHop: "works", outcomes: new Map(state.pending.map((name) => [name, REJECTED])) };
    };
    disk.fault = ({ name, path }) => (name === "read" && path.endsWith("/m1") ? "EIO" : undefined);
    await queue("m1");
    await until(() => delivery.length === 0);
    expect(hop.seen).toHaveLength(1);
    const [{ entry, body }] = hop.seen as [(typeof hop.seen)[0]];
    expect(entry.envelope).toMatchObject({ sender: "", recipients: ["a@sender.example"] });
    expect(body).toContain("Status: 5.1.1");
    expect(body).not.toContain("Subject: m1");
    expect(await disk.list("/spool/queue")).toEqual([]);
  });

  it("takes mail to the next hop while 200,000 messages wait, without looking at them again and again", async () => {
    const { hop, delivery, queue } = await setUp({ firstMs: 1e9, longestMs: 1e9, giveUpMs: 1e12 });
    let looks = 0;
    const state = {
      attempts: 1,
      get nextTryAt() {
        looks++;
        return 1e15;
      },
      pending: ["b@example.com"],
      failed: [],
    };
    for (let index = 0; index < 200_000; index++)
      delivery.add({ envelope: envelope(`w${index}`), state, bodyStart: 0 });
    for (let index = 0; index < 20; index++) await queue(`m${index}`);
    await until(() => delivery.length === 200_000);
    expect(hop.seen).toHaveLength(20);
    expect(looks).toBeLessThan(2 * 200_000);
  });

  /* A fault of the program cannot be made for real: the clock stands for it. */
  it("says so when a fault of the program has ended it, and stops all the same", async () => {
    const fault = new Error("a fault of the program");
    let isFaulty = false;
    const { hop, delivery, queue } = await setUp(undefined, undefined, {
      ...systemEnv,
      sleep: (ms, signal) => {
        if (isFaulty) throw fault;
        return systemEnv.sleep(ms, signal);
      },
    });
    isFaulty = true;
    await queue("m1");
    expect(await delivery.failed).toBe(fault);
    expect(delivery.running).toBe(false);
    await delivery.stop();
    expect(hop.seen).toHaveLength(1);
  });

  it("ends the attempts under way and begins no new ones when it stops", async () => {
    const { hop, delivery, queue } = await setUp();
    await queue("m1");
    await until(() => hop.seen.length === 1);
    await delivery.stop();
    await queue("m2");
    expect(delivery.running).toBe(false);
    expect(delivery.length).toBe(1);
    expect(hop.of("m2")).toEqual([]);
  });
});
