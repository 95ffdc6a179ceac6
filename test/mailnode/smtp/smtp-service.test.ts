import { afterEach, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { freePorts } from "../../../demo/embedded/free-ports.ts";
import { loopbackPem } from "../../../demo/embedded/certificate.ts";
import type { MailNodeConfig } from "../../../src/contract/mailnode-config.ts";
import { ForgetfulDisk } from "../../../src/mailnode/disk/forgetful-disk.ts";
import { systemEnv } from "../../../src/mailnode/node/system-env.ts";
import type { QueueEntry } from "../../../src/mailnode/queue/entry.ts";
import { FreeSpace, MIN_FREE_BYTES } from "../../../src/mailnode/queue/free-space.ts";
import { Spool } from "../../../src/mailnode/queue/spool.ts";
import { Reception } from "../../../src/mailnode/smtp/reception.ts";
import { SmtpService } from "../../../src/mailnode/smtp/smtp-service.ts";
import { sampleConfig } from "../fixtures/config.ts";
import { bodyIn } from "../fixtures/messages.ts";
import { quietLog } from "../fixtures/quiet-log.ts";
import { SmtpClient, type First } from "../fixtures/smtp-client.ts";
import { until } from "../fixtures/until.ts";

/* Real sockets, on a machine that may be busy. */
jest.setTimeout(30_000);

type Smtp = MailNodeConfig["smtp"];

const NO_SPACE = "452 4.3.1 No space left, try again later";

let pem: string;
beforeAll(async () => {
  pem = await loopbackPem();
});

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function serve(changes: Partial<Smtp> = {}, listener: Partial<Smtp["listeners"][number]> = {}) {
  const [port] = await freePorts(1);
  const base = sampleConfig().smtp;
  const config = { ...base, ...changes, listeners: [{ ...base.listeners[0]!, port: port!, ...listener }] };
  const disk = new ForgetfulDisk();
  const { spool } = await Spool.open(disk, "/spool", systemEnv);
  const entries: QueueEntry[] = [];
  const time = { ms: 0 };
  /** Gives the disk so much room, and lets the node look again. */
  const roomIs = (bytes: number): void => {
    disk.blocking.capacity = bytes;
    time.ms += 1_000;
  };
  const reception = new Reception(
    spool,
    new FreeSpace(disk, "/spool", MIN_FREE_BYTES, { monotonic: () => time.ms }, quietLog),
    (entry) => entries.push(entry),
    { hostname: "mail.example.com", ...config },
    systemEnv,
    quietLog,
  );
  const service = new SmtpService(
    { config, hostname: "mail.example.com", pem },
    reception,
    systemEnv,
    quietLog,
  );
  await service.start();
  ends.push(() => service.drain(0));
  const client = async (first: First = "", together = false): Promise<SmtpClient> => {
    const made = await (listener.tls === "implicit"
      ? SmtpClient.connectTls(port!, first, together)
      : SmtpClient.connect(port!, first));
    ends.push(() => made.end());
    return made;
  };
  return { service, disk, spool, entries, client, roomIs, port: port! };
}

/** A session in the middle of its message, and one that has greeted and asked for nothing. */
async function busyAndIdle(
  client: () => Promise<SmtpClient>,
): Promise<{ readonly busy: SmtpClient; readonly idle: SmtpClient }> {
  const busy = await client();
  await busy.upToData("b@example.com");
  const idle = await client();
  await idle.reply();
  await idle.say("EHLO client.example");
  return { busy, idle };
}

describe("taking mail", () => {
  it("answers 250 with the queue's id once the message is in the queue, trace line first", async () => {
    const { client, entries, spool } = await serve();
    const session = await client();
    expect(await session.upToData("b@example.com")).toEqual([
      "220 mail.example.com ESMTP Mailbastion",
      expect.stringMatching(
        /^250-mail\.example\.com .*\n250-PIPELINING\n250-8BITMIME\n250-ENHANCEDSTATUSCODES\n250-STARTTLS\n250 SIZE 100000$/,
      ),
      "250 2.1.0 Accepted",
      "250 2.1.5 Accepted",
      "354 End data with <CR><LF>.<CR><LF>",
    ]);
    const answer = await session.say("Subject: x\r\n\r\n..dot\r\n.");
    expect(entries).toHaveLength(1);
    const { envelope } = entries[0]!;
    expect(answer).toBe(`250 2.0.0 queued as ${envelope.id}`);
    expect(envelope).toMatchObject({ sender: "a@sender.example", recipients: ["b@example.com"] });
    const body = await bodyIn(spool, entries[0]!);
    expect(body).toMatch(/^Received: from client\.example \(\[127\.0\.0\.1\]\)\r\n/);
    expect(body).toContain(`id ${envelope.id}`);
    expect(body.endsWith("Subject: x\r\n\r\n.dot\r\n")).toBe(true);
  });

  it("takes the null sender, several recipients and several messages in one session", async () => {
    const { client, entries } = await serve();
    const session = await client();
    await session.upToData("b@example.com", "c@example.com");
    await session.say("one\r\n.");
    expect(await session.say("MAIL FROM:<> BODY=8BITMIME")).toMatch(/^250/);
    await session.say("RCPT TO:<d@example.com>");
    await session.say("DATA");
    await session.say("two\r\n.");
    expect(
      entries.map(({ envelope: { sender, recipients, eightBit } }) => ({ sender, recipients, eightBit })),
    ).toEqual([
      { sender: "a@sender.example", recipients: ["b@example.com", "c@example.com"], eightBit: false },
      { sender: "", recipients: ["d@example.com"], eightBit: true },
    ]);
  });

  it("refuses recipients elsewhere from anyone, and takes them from a relay network", async () => {
    const closed = await (await serve()).client();
    await closed.reply();
    await closed.say("EHLO client.example");
    await closed.say("MAIL FROM:<a@sender.example>");
    expect(await closed.say("RCPT TO:<b@other.example>")).toBe("554 5.7.1 Relay access denied");
    const open = await (await serve({ relayNetworks: ["127.0.0.0/8"] })).client();
    expect((await open.upToData("b@other.example"))[3]).toBe("250 2.1.5 Accepted");
  });

  it("takes postmaster without a domain from anyone, as that of its first domain, and once", async () => {
    const { client, entries } = await serve({ domains: ["example.com", "example.org"] });
    const session = await client();
    const replies = await session.upToData("Postmaster", "postmaster@example.com", "b@example.org");
    expect(replies.slice(3, 6)).toEqual(Array(3).fill("250 2.1.5 Accepted"));
    expect(await session.say("x\r\n.")).toMatch(/^250 2\.0\.0/);
    expect(entries[0]!.envelope.recipients).toEqual(["postmaster@example.com", "b@example.org"]);
  });

  it("takes mail for a domain of ours that is not ASCII, and keeps every domain in A-labels", async () => {
    const { client, entries, spool } = await serve({ domains: ["xn--bcher-kva.example"] });
    const session = await client();
    await session.reply();
    await session.say("EHLO client.example");
    expect(await session.say("MAIL FROM:<a@xn--fa-hia.example>")).toBe("250 2.1.0 Accepted");
    expect(await session.say("RCPT TO:<b@xn--bcher-kva.example>")).toBe("250 2.1.5 Accepted");
    expect(await session.say("RCPT TO:<c@B\u00dcCHER.example>")).toBe("250 2.1.5 Accepted");
    await session.say("DATA");
    expect(await session.say("x\r\n.")).toMatch(/^250 2\.0\.0/);
    expect(entries[0]!.envelope).toMatchObject({
      sender: "a@xn--fa-hia.example",
      recipients: ["b@xn--bcher-kva.example", "c@xn--bcher-kva.example"],
    });
    expect(await bodyIn(spool, entries[0]!)).not.toMatch(/[^\0-\x7f]/);
  });

  it.each([
    ["a local part", "d\u010a@example.com"],
    ["a domain that stands for another one", "d@\u2167.example.com"],
    ["a domain that is no name", "d@\u00fc.1"],
  ])("refuses %s that no ASCII can say, from senders and for recipients", async (_what, address) => {
    const session = await (await serve({ relayNetworks: ["127.0.0.0/8"] })).client();
    const refusal = "553 5.6.7 Address must be ASCII: SMTPUTF8 is not offered";
    await session.reply();
    await session.say("EHLO client.example");
    expect(await session.say(`MAIL FROM:<${address}>`)).toBe(refusal);
    await session.say("MAIL FROM:<a@sender.example>");
    expect(await session.say(`RCPT TO:<${address}>`)).toBe(refusal);
    expect(await session.say("RCPT TO:<b@example.com>")).toMatch(/^250/);
  });

  it("takes recipients that differ in the case of their local parts for different ones, and of their domains for one", async () => {
    const { client, entries } = await serve();
    const session = await client();
    const said = ["Ann@example.com", "ann@example.com", "Ann@EXAMPLE.com", "ann@example.com"];
    expect((await session.upToData(...said)).slice(3, 7)).toEqual(Array(4).fill("250 2.1.5 Accepted"));
    await session.say("one\r\n.");
    await session.say("MAIL FROM:<a@sender.example>");
    await session.say("RCPT TO:<b@example.com>");
    await session.say("RSET");
    await session.say("MAIL FROM:<a@sender.example>");
    await session.say("RCPT TO:<ANN@example.com>");
    await session.say("DATA");
    await session.say("two\r\n.");
    expect(entries.map(({ envelope: { recipients } }) => recipients)).toEqual([
      ["Ann@example.com", "ann@example.com"],
      ["ANN@example.com"],
    ]);
  });

  it("refuses one recipient too many for now, and keeps the others", async () => {
    const { client } = await serve();
    const session = await client();
    const replies = await session.upToData(
      "a@example.com",
      "b@example.com",
      "c@example.com",
      "C@example.com",
      "c@example.com",
    );
    expect(replies[6]).toBe("452 4.5.3 Error: too many recipients");
    expect(replies[7]).toMatch(/^250/);
    expect(replies[8]).toMatch(/^354/);
  });

  it("refuses what is declared or found too large with 552, and goes on with the session", async () => {
    const { client, entries, disk } = await serve();
    const session = await client();
    await session.reply();
    await session.say("EHLO client.example");
    expect(await session.say("MAIL FROM:<a@sender.example> SIZE=100001")).toMatch(/^552 5\.3\.4/);
    await session.say("MAIL FROM:<a@sender.example>");
    await session.say("RCPT TO:<b@example.com>");
    await session.say("DATA");
    expect(await session.say(`${"x".repeat(99)}\r\n`.repeat(1_100) + ".")).toBe(
      "552 5.3.4 Message is larger than 100000 bytes",
    );
    expect(await session.say("NOOP")).toMatch(/^250/);
    expect(entries).toEqual([]);
    expect(await disk.list("/spool/incoming")).toEqual([]);
  });

  it("refuses a message that goes in circles", async () => {
    const { client, entries } = await serve();
    const session = await client();
    await session.upToData("b@example.com");
    expect(await session.say(`${"Received: from x by y\r\n".repeat(6)}\r\nbody\r\n.`)).toBe(
      "554 5.4.6 More than 5 Received lines: a mail loop",
    );
    expect(entries).toEqual([]);
  });

  it("does not take a dot between bare line feeds for the end of a message", async () => {
    const { client, entries, spool } = await serve();
    const session = await client();
    await session.upToData("b@example.com");
    session.send("Subject: x\r\n\r\nbody\n.\nMAIL FROM:<evil@x>\r\n");
    expect(await session.say(".")).toMatch(/^250 2\.0\.0/);
    expect(entries).toHaveLength(1);
    expect(await bodyIn(spool, entries[0]!)).toContain("MAIL FROM:<evil@x>");
  });

  it("forgets a message whose client leaves in the middle", async () => {
    const { client, entries, disk } = await serve();
    const session = await client();
    await session.upToData("b@example.com");
    session.send("Subject: x\r\n\r\nhalf");
    await until(async () => (await disk.list("/spool/incoming")).length === 1);
    session.end();
    await until(async () => (await disk.list("/spool/incoming")).length === 0);
    expect(entries).toEqual([]);
  });

  it.each([
    ["EIO", "sync", "451 4.3.0 Message could not be stored, try again later"],
    ["EIO", "syncDirectory", "451 4.3.0 Message could not be stored, try again later"],
    ["ENOSPC", "append", "452 4.3.1 No space left, try again later"],
    ["ENOSPC", "create", "452 4.3.1 No space left, try again later"],
  ] as const)("never answers 250 when the disk says %s at %s", async (fault, name, expected) => {
    const { client, entries, disk } = await serve();
    const session = await client();
    disk.fault = (operation) => (operation.name === name ? fault : undefined);
    await session.upToData("b@example.com");
    expect(await session.say("Subject: x\r\n\r\nbody\r\n.")).toBe(expected);
    disk.fault = () => undefined;
    expect(entries).toEqual([]);
    expect(await disk.list("/spool/queue")).toEqual([]);
    expect(await session.say("NOOP")).toMatch(/^250/);
  });

  it("refuses mail while the disk has less room than it must, also what was begun before, and takes it again", async () => {
    const { client, entries, disk, roomIs } = await serve();
    const session = await client();
    await session.reply();
    await session.say("EHLO client.example");
    expect(await session.say("MAIL FROM:<a@sender.example>")).toMatch(/^250/);
    await session.say("RCPT TO:<b@example.com>");
    roomIs(MIN_FREE_BYTES - 1);
    const written: string[] = [];
    disk.fault = ({ name }) => (written.push(name), undefined);
    expect(await session.say("DATA")).toMatch(/^354/);
    expect(await session.say("Subject: x\r\n\r\nbody\r\n.")).toBe(NO_SPACE);
    expect(await session.say("MAIL FROM:<a@sender.example>")).toBe(NO_SPACE);
    expect(written).toEqual(["statfs"]);
    roomIs(MIN_FREE_BYTES);
    expect(await session.say("MAIL FROM:<a@sender.example>")).toMatch(/^250/);
    expect(entries).toEqual([]);
  });

  it("refuses a message in the middle of which the disk runs out of room, once, and lets go of it before its end", async () => {
    const { client, entries, disk, roomIs } = await serve();
    const session = await client();
    await session.upToData("b@example.com");
    session.send("Subject: x\r\n\r\nbegun\r\n");
    await until(async () => (await disk.list("/spool/incoming")).length === 1);
    roomIs(MIN_FREE_BYTES);
    session.send("more\r\n");
    await until(async () => (await disk.list("/spool/incoming")).length === 0);
    roomIs(Infinity);
    expect(await session.say("the rest\r\n.")).toBe(NO_SPACE);
    expect(await session.say("NOOP")).toMatch(/^250/);
    expect(entries).toEqual([]);
    expect(await disk.list("/spool/queue")).toEqual([]);
    for (const line of ["MAIL FROM:<a@sender.example>", "RCPT TO:<b@example.com>", "DATA"])
      await session.say(line);
    expect(await session.say("again\r\n.")).toMatch(/^250 2\.0\.0/);
  });

  it.each([
    ["is too large", `${"x".repeat(99)}\r\n`.repeat(1_100), "552 5.3.4 Message is larger than 100000 bytes"],
    [
      "goes in circles",
      "Received: from x by y\r\n".repeat(6),
      "554 5.4.6 More than 5 Received lines: a mail loop",
    ],
  ])("lets go of a message that %s before its end", async (_what, text, expected) => {
    const { client, entries, disk } = await serve();
    const session = await client();
    await session.upToData("b@example.com");
    session.send("Subject: x\r\n");
    await until(async () => (await disk.list("/spool/incoming")).length === 1);
    session.send(`${text}and more\r\n`);
    await until(async () => (await disk.list("/spool/incoming")).length === 0);
    expect(await session.say("the rest\r\n.")).toBe(expected);
    expect(await session.say("NOOP")).toMatch(/^250/);
    expect(entries).toEqual([]);
  });

  it("tells the client after one connection too many to come again", async () => {
    const { client } = await serve({ maxConnections: 1 });
    const first = await client();
    await first.reply();
    expect(await (await client()).reply()).toMatch(/^421 /);
  });

  it("ends the session of a client that says nothing", async () => {
    const { client } = await serve({ idleTimeoutMs: 150 });
    const session = await client();
    await session.reply();
    expect(await session.reply()).toMatch(/^421 4\.4\.2/);
    expect(await session.reply()).toBe("");
  });
});

describe("TLS", () => {
  it("is offered by STARTTLS and shown in the trace line", async () => {
    const { client, entries, spool } = await serve();
    const session = await client();
    await session.reply();
    await session.say("EHLO client.example");
    expect(await session.say("STARTTLS")).toMatch(/^220/);
    await session.startTls();
    expect(await session.say("EHLO client.example")).not.toContain("STARTTLS");
    await session.say("MAIL FROM:<a@sender.example>");
    await session.say("RCPT TO:<b@example.com>");
    await session.say("DATA");
    await session.say("x\r\n.");
    expect(await bodyIn(spool, entries[0]!)).toContain("with ESMTPS id");
  });

  it("is asked for before MAIL on a submission port", async () => {
    const { client } = await serve({}, { requireTls: true });
    const session = await client();
    await session.reply();
    await session.say("EHLO client.example");
    expect(await session.say("MAIL FROM:<a@sender.example>")).toBe(
      "530 5.7.0 Must issue a STARTTLS command first",
    );
  });

  it("comes first on a port of its own", async () => {
    const { client } = await serve({}, { tls: "implicit" });
    const session = await client();
    expect((await session.upToData("b@example.com")).at(-1)).toMatch(/^354/);
  });
});

describe("behind a balancer", () => {
  const line = (address: string): string => `PROXY TCP4 ${address} 127.0.0.1 40000 25\r\n`;
  const behind = { balancers: ["127.0.0.1"], relayNetworks: ["203.0.113.0/24"] };

  it("takes the client's address from the PROXY line, for the rule and the trace", async () => {
    const { client, entries, spool } = await serve(behind);
    const inside = await client(line("203.0.113.9"));
    await inside.upToData("b@other.example");
    await inside.say("x\r\n.");
    expect(await bodyIn(spool, entries[0]!)).toContain("([203.0.113.9])");
    const outside = await client(line("198.51.100.7"));
    expect((await outside.upToData("b@other.example"))[3]).toBe("554 5.7.1 Relay access denied");
  });

  it.each([
    ["in one piece with the handshake", true],
    ["some time before the handshake", false],
  ])("takes the PROXY line before TLS, %s", async (_when, together) => {
    const { client, entries, spool } = await serve(behind, { tls: "implicit" });
    const session = await client(line("203.0.113.9"), together);
    await session.upToData("b@other.example");
    await session.say("x\r\n.");
    expect(await bodyIn(spool, entries[0]!)).toContain("([203.0.113.9])");
  });

  it("takes a line that names nobody", async () => {
    const { client } = await serve(behind);
    expect(await (await client("PROXY UNKNOWN\r\n")).reply()).toMatch(/^220/);
  });

  it.each(["starttls", "implicit"] as const)(
    "greets a balancer's own check while clients have every place, and counts it nowhere, with tls %s",
    async (tls) => {
      const { client, service } = await serve({ ...behind, maxConnections: 1 }, { tls });
      const greeting = async (first: First): Promise<string> => (await client(first)).reply();
      const ofCheck = (port: number): string => `PROXY TCP4 127.0.0.1 127.0.0.1 ${port} 25\r\n`;
      expect(await greeting(ofCheck)).toMatch(/^220 /);
      expect(service.sessions).toBe(0);
      expect(await greeting(line("203.0.113.9"))).toMatch(/^220 /);
      expect(await greeting(ofCheck)).toMatch(/^220 /);
      expect(await greeting(line("203.0.113.9"))).toMatch(/^421 /);
      // Whoever speaks through a balancer from its own machine is a client.
      expect(await greeting(line("127.0.0.1"))).toMatch(/^421 /);
      expect(await greeting("PROXY UNKNOWN\r\n")).toMatch(/^421 /);
      expect(service.sessions).toBe(1);
    },
  );

  it.each([
    ["no PROXY line", "EHLO client.example\r\n"],
    ["a PROXY line without an address", "PROXY TCP4 not-an-address 127.0.0.1 1 2\r\n"],
    ["a line without end", `PROXY ${"x".repeat(2000)}`],
  ])("does not speak with a balancer that begins with %s", async (_what, first) => {
    const { client } = await serve(behind);
    expect(await (await client(first)).reply()).toBe("");
  });

  it("believes no PROXY line of anyone else", async () => {
    const { client } = await serve({ ...behind, balancers: ["127.0.0.9"] });
    const session = await client();
    await session.reply();
    expect(await session.say(line("203.0.113.9").trimEnd())).toMatch(/^500/);
    await session.say("EHLO client.example");
    await session.say("MAIL FROM:<a@sender.example>");
    expect(await session.say("RCPT TO:<b@other.example>")).toBe("554 5.7.1 Relay access denied");
  });
});

describe("draining", () => {
  it("lets an open transaction finish and answers 421, never 5xx, to everything else", async () => {
    const { client, service, entries, port } = await serve();
    const busy = await client();
    await busy.upToData("b@example.com");
    const between = await client();
    await between.reply();
    await between.say("EHLO client.example");
    await between.say("MAIL FROM:<a@sender.example>");
    const idle = await client();
    await idle.reply();
    const drained = service.drain(60_000);
    expect(await idle.reply()).toBe("421 4.3.2 System going down, try again");
    expect(await (await client()).reply()).toMatch(/^421 /);
    expect(await between.say("RCPT TO:<c@example.com>")).toBe("250 2.1.5 Accepted");
    expect(await between.say("DATA")).toMatch(/^354/);
    expect(await busy.say("x\r\n.")).toMatch(/^250 2\.0\.0/);
    expect(await busy.reply()).toMatch(/^421 /);
    expect(await between.say("y\r\n.")).toMatch(/^250 2\.0\.0/);
    await drained;
    expect(entries).toHaveLength(2);
    await expect(SmtpClient.connect(port)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });

  it("lasts as long as the mark: a transaction that was open ends in 250, then all is 421, then mail is taken", async () => {
    const { client, service, entries } = await serve();
    const { busy, idle } = await busyAndIdle(client);
    service.setDrained(true);
    expect(service.draining).toBe(true);
    expect(await idle.reply()).toBe("421 4.3.2 System going down, try again");
    expect(await (await client()).reply()).toMatch(/^421 /);
    expect(await busy.say("x\r\n.")).toMatch(/^250 2\.0\.0/);
    expect(await busy.reply()).toMatch(/^421 /);
    service.setDrained(false);
    expect(service.draining).toBe(false);
    const after = await client();
    expect((await after.upToData("b@example.com")).at(-1)).toMatch(/^354/);
    expect(await after.say("y\r\n.")).toMatch(/^250 2\.0\.0/);
    expect(entries).toHaveLength(2);
  });

  it("ends every session after its transaction, without waiting for those that have none", async () => {
    const { client, service, entries } = await serve();
    const { busy, idle } = await busyAndIdle(client);
    service.setDrained(true);
    const ended = service.endAll(60_000);
    expect(await idle.reply()).toMatch(/^421 /);
    expect(await busy.say("x\r\n.")).toMatch(/^250 2\.0\.0/);
    expect(await busy.reply()).toMatch(/^421 /);
    await ended;
    expect(entries).toHaveLength(1);
  });

  it("ends nothing more once it is called off", async () => {
    const { client, service, entries } = await serve();
    const busy = await client();
    await busy.upToData("b@example.com");
    const off = new AbortController();
    const ended = service.endAll(60_000, off.signal);
    off.abort(new Error("called off"));
    await expect(ended).rejects.toThrow("called off");
    expect(await busy.say("x\r\n.")).toMatch(/^250 2\.0\.0/);
    expect(await busy.say("NOOP")).toMatch(/^250 /);
    expect(entries).toHaveLength(1);
  });

  it("ends after its limit with a 421 to who is still in a transaction", async () => {
    const { client, service } = await serve();
    const busy = await client();
    await busy.upToData("b@example.com");
    await service.drain(1);
    expect(await busy.reply()).toMatch(/^421 /);
  });
});
