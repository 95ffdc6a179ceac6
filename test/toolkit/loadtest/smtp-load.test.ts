import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { SMTPServer } from "smtp-server";
import { messageOf, smtpLoad } from "../../../src/toolkit/loadtest/smtp-load.ts";
import { SmtpSession } from "../../../src/toolkit/loadtest/smtp-session.ts";

const envelope = { from: "loadtest@example.com", to: "postmaster@example.com" };
const targetOf = (port: number) => ({ host: "127.0.0.1", port, timeoutMs: 20_000, name: "loadtest.invalid" });

describe("mail for a load test", () => {
  const messages: string[] = [];
  let connections = 0;
  let server: SMTPServer;
  let port: number;

  beforeEach(async () => {
    messages.length = connections = 0;
    server = new SMTPServer({
      disabledCommands: ["AUTH", "STARTTLS"],
      disableReverseLookup: true,
      onConnect: (_session, done) => {
        connections++;
        done();
      },
      onRcptTo: ({ address }, _session, done) =>
        address.startsWith("nobody@")
          ? done(Object.assign(new Error("no such user"), { responseCode: 550 }))
          : done(),
      onData: (stream, _session, done) => {
        let text = "";
        stream.on("data", (chunk: Buffer) => (text += chunk.toString()));
        stream.on("end", () => {
          messages.push(text);
          done();
        });
      },
    });
    server.listen(0, "127.0.0.1");
    await once(server.server, "listening");
    port = (server.server.address() as AddressInfo).port;
  });
  afterEach(() => new Promise<void>((resolve) => server.close(resolve)));

  it("arrives whole, many messages over one connection, a new one after twenty", async () => {
    const load = smtpLoad(targetOf(port), envelope, 2_000);
    for (let sent = 0; sent < 25; sent++) await load.once();
    await load.close();
    expect(messages).toHaveLength(25);
    expect(connections).toBe(2);
    expect(messages[3]).toMatch(/^From: <loadtest@example.com>\r\n[^]*Subject: load test 4\r\n/);
  });

  it("that is refused says so, and the next message goes over another connection", async () => {
    const refused = smtpLoad(targetOf(port), { ...envelope, to: "nobody@example.com" }, 100);
    await expect(refused.once()).rejects.toMatchObject({
      code: 550,
      message: expect.stringContaining("RCPT"),
    });
    await expect(refused.once()).rejects.toMatchObject({ code: 550 });
    await refused.close();
    expect(connections).toBe(2);
    expect(messages).toEqual([]);
  });

  it("goes out in one packet to a server that takes pipelining, and word by word to one that does not", async () => {
    for (const pipelines of [true, false]) {
      const chunks = await listen(pipelines);
      expect(chunks.filter((chunk) => chunk.startsWith("MAIL"))).toEqual([
        pipelines
          ? "MAIL FROM:<loadtest@example.com>\r\nRCPT TO:<postmaster@example.com>\r\nDATA\r\n"
          : "MAIL FROM:<loadtest@example.com>\r\n",
      ]);
    }
  });

  it("is an error where nobody listens, where the server hangs up, and where it is silent", async () => {
    const hangs = createServer((socket) => socket.destroy());
    const silent = createServer(() => undefined);
    const ports: number[] = [];
    for (const each of [hangs, silent]) {
      each.listen(0, "127.0.0.1");
      await once(each, "listening");
      ports.push((each.address() as AddressInfo).port);
    }
    await expect(SmtpSession.open(targetOf(ports[0]!))).rejects.toMatchObject({ code: "ECONNRESET" });
    await expect(SmtpSession.open({ ...targetOf(ports[1]!), timeoutMs: 50 })).rejects.toMatchObject({
      name: "TimedOut",
    });
    hangs.close();
    silent.close();
    await once(hangs, "close");
    await expect(SmtpSession.open(targetOf(ports[0]!))).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });
});

/** What a session sends, packet by packet, to a server that says no more than it must. */
async function listen(pipelines: boolean): Promise<readonly string[]> {
  const chunks: string[] = [];
  const answer = (socket: Socket, chunk: string): void => {
    chunks.push(chunk);
    for (const line of chunk.split("\r\n")) {
      if (line.startsWith("EHLO")) socket.write(pipelines ? "250-me\r\n250 PIPELINING\r\n" : "250 me\r\n");
      else if (line === "DATA") socket.write("354 go on\r\n");
      else if (line === "." || /^(MAIL|RCPT)/.test(line)) socket.write("250 ok\r\n");
      else if (line === "QUIT") socket.end("221 bye\r\n");
    }
  };
  const server = createServer((socket) => {
    socket.write("220 me\r\n");
    socket.setEncoding("latin1").on("data", (chunk: string) => answer(socket, chunk));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const session = await SmtpSession.open(targetOf((server.address() as AddressInfo).port));
  await session.send(envelope, "Subject: x\r\n\r\ny");
  await session.close();
  server.close();
  return chunks;
}

describe("the message of a load test", () => {
  it.each([1, 500, 10_240])("of %i bytes has its header and no more than that", (size) => {
    const message = messageOf(envelope, 7, size);
    expect(message.length).toBeLessThanOrEqual(Math.max(size, 220));
    if (size > 400) expect(message.length).toBeGreaterThanOrEqual(size - 2);
    expect(message).toContain("\r\n\r\n");
    expect(message.split("\r\n").every((line) => line.length <= 78 && !line.includes("\n"))).toBe(true);
  });
});
