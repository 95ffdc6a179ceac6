import { once } from "node:events";
import { createServer } from "node:net";
import { mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { pino } from "pino";
import { loopbackPem } from "../../../demo/embedded/certificate.ts";
import { freePorts } from "../../../demo/embedded/free-ports.ts";
import { serializeDrainMark } from "../../../src/contract/drain-mark.ts";
import { healthSchema } from "../../../src/contract/health.ts";
import type { MailNodeConfig } from "../../../src/contract/mailnode-config.ts";
import type { Disk } from "../../../src/mailnode/disk/disk.ts";
import { ForgetfulDisk } from "../../../src/mailnode/disk/forgetful-disk.ts";
import { realDisk } from "../../../src/mailnode/disk/real-disk.ts";
import { askNode } from "../../../src/mailnode/node/ask-node.ts";
import { MailNode } from "../../../src/mailnode/node/mail-node.ts";
import { systemEnv } from "../../../src/mailnode/node/system-env.ts";
import { NextHop } from "../../../src/toolkit/lab/mail/next-hop.ts";
import { sendMails } from "../../../src/toolkit/lab/mail/sender.ts";
import { askSocket } from "../admin/api/cluster-with-api.ts";
import { sampleConfig } from "../fixtures/config.ts";
import { quietLog } from "../fixtures/quiet-log.ts";
import { seeded } from "../fixtures/random.ts";
import { ScriptedHop } from "../fixtures/scripted-hop.ts";
import { SmallDisk } from "../fixtures/small-disk.ts";
import { SmtpClient } from "../fixtures/smtp-client.ts";
import { until } from "../fixtures/until.ts";

/* Real sockets, on a machine that may be busy. */
jest.setTimeout(30_000);

describe("a mail node", () => {
  let directory: string;
  let config: MailNodeConfig;
  let nextHop: NextHop;
  const nodes: MailNode[] = [];

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "mail-node-"));
    nextHop = await NextHop.start("127.0.0.1");
    const pem = join(directory, "node.pem");
    await writeFile(pem, await loopbackPem());
    const [smtp, admin] = await freePorts(2);
    const sample = sampleConfig();
    config = {
      ...sample,
      smtp: { ...sample.smtp, listeners: [{ ...sample.smtp.listeners[0]!, port: smtp! }], pem },
      delivery: { ...sample.delivery, nextHop: { host: "127.0.0.1", port: nextHop.port } },
      admin: { address: "127.0.0.1", port: admin!, pem },
    };
  });
  afterEach(async () => {
    await Promise.all(nodes.splice(0).map((node) => node.stop()));
    await nextHop.stop();
    await rm(directory, { recursive: true });
  });

  const start = async (
    disk: Disk,
    changes: Partial<MailNodeConfig> = {},
    env = systemEnv,
    socket?: string,
    heapLimitBytes?: number,
  ): Promise<MailNode> => {
    const node = await MailNode.start({
      config: { ...config, ...changes },
      version: "1.2.3",
      disk,
      env,
      log: quietLog,
      socket,
      heapLimitBytes,
    });
    nodes.push(node);
    return node;
  };
  const smtpPort = (): number => config.smtp.listeners[0]!.port;
  const send = (prefix: string, count: number) =>
    sendMails({
      host: "127.0.0.1",
      port: smtpPort(),
      prefix,
      count,
      to: "b@example.com",
      connections: 2,
      patienceMs: 5_000,
    });

  it("takes mail and brings it to the next hop, under the id of the 250", async () => {
    await start(new ForgetfulDisk());
    const client = await SmtpClient.connect(smtpPort());
    await client.upToData("b@example.com");
    const answer = await client.say("Message-ID: <m1@x>\r\n\r\nbody\r\n.");
    await nextHop.waitFor(["m1"], 10_000);
    expect(answer).toBe(`250 2.0.0 queued as ${nextHop.arrivals[0]!.queueId}`);
  });

  it("delivers after a loss of power what it had answered while the next hop was away", async () => {
    await nextHop.stop();
    const disk = new ForgetfulDisk();
    await start(disk);
    const { answered } = await send("m", 5);
    expect(answered).toHaveLength(5);
    const after = disk.afterPowerLoss(seeded(7));
    await nodes.pop()!.stop();
    await nextHop.resume();
    await start(after);
    await nextHop.waitFor(answered, 10_000);
  });

  it("starts although the disk does not give one message of the queue, names it, and delivers the others", async () => {
    await nextHop.stop();
    const disk = new ForgetfulDisk();
    await start(disk);
    expect((await send("m", 3)).answered).toHaveLength(3);
    await nodes.pop()!.stop();
    const [lost] = await disk.list("/nowhere/spool/queue");
    await nextHop.resume();
    disk.fault = ({ name, path }) => (name === "read" && path.endsWith(`/${lost}`) ? "EIO" : undefined);
    const errors: string[] = [];
    const log = pino({ level: "error" }, { write: (line: string) => void errors.push(line) });
    const parts = { config, version: "1.2.3", disk, env: systemEnv, log };
    nodes.push(await MailNode.start(parts));
    await until(() => nextHop.arrivals.length === 2);
    expect(nextHop.arrivals.map(({ queueId }) => queueId)).not.toContain(lost);
    expect(errors.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { name: lost, err: { code: "EIO" } },
    ]);
  });

  it("is ready while it takes mail and its disk takes writes, and says what is wrong when not", async () => {
    const disk = new ForgetfulDisk();
    const node = await start(disk);
    expect(await node.ready()).toEqual({ ready: true, node: "node-1" });
    expect(await askNode(config, "/ready")).toEqual({
      status: 200,
      body: '{"ready":true,"node":"node-1"}\n',
    });
    disk.fault = ({ name }) => (name === "sync" ? "ENOSPC" : undefined);
    await systemEnv.sleep(config.checks.cacheMs + 1);
    expect(await node.ready()).toEqual({ ready: false, node: "node-1", reason: "ENOSPC" });
    expect((await askNode(config, "/ready")).status).toBe(503);
    expect((await node.health()).checks.services.queue).toEqual({ status: "failed", reason: "ENOSPC" });
  });

  it("refuses new mail while what waits takes too much memory, in this life and the next, and takes it again", async () => {
    await nextHop.stop();
    const disk = new ForgetfulDisk();
    const patient = {
      delivery: { ...config.delivery, retry: { firstMs: 1e6, longestMs: 1e6, giveUpMs: 1e9 } },
    };
    const startSmall = (changes: Partial<MailNodeConfig>) =>
      start(disk, changes, systemEnv, undefined, 40_000);
    const isReady = async (node: MailNode): Promise<boolean> => (await node.ready()).ready;
    const node = await startSmall(patient);
    const early = await SmtpClient.connect(smtpPort());
    await early.reply();
    for (const line of ["EHLO client.example", "MAIL FROM:<a@sender.example>", "RCPT TO:<b@example.com>"])
      expect(await early.say(line)).toMatch(/^250/);
    let taken = 0;
    while (taken < 40 && (await isReady(node))) {
      expect((await send(`m${taken}`, 1)).answered).toHaveLength(1);
      taken++;
      // Those that are being tried are not counted.
      await until(async () => (await disk.list("/nowhere/spool/queue")).length === 2 * taken);
      await systemEnv.sleep(config.checks.cacheMs + 1);
    }
    expect(taken).toBeGreaterThan(5);
    expect(await node.ready()).toEqual({ ready: false, node: "node-1", reason: "ENOMEM" });
    const NO_ROOM = "452 4.3.1 No space left, try again later";
    expect(await early.say("DATA")).toMatch(/^354/);
    expect(await early.say("Subject: x\r\n\r\nbody\r\n.")).toBe(NO_ROOM);
    expect(await early.say("MAIL FROM:<a@sender.example>")).toBe(NO_ROOM);
    early.end();
    await nodes.pop()!.stop();
    expect(await (await startSmall(patient)).ready()).toMatchObject({ ready: false, reason: "ENOMEM" });
    await nodes.pop()!.stop();
    await nextHop.resume();
    const third = await startSmall({});
    await until(() => isReady(third));
    expect((await send("again", 1)).answered).toHaveLength(1);
  });

  /* A fault of the program cannot be made for real. With an empty queue nothing else sleeps for a minute. */
  it("must end when a fault of the program has ended delivery", async () => {
    const node = await start(
      new ForgetfulDisk(),
      {},
      {
        ...systemEnv,
        sleep: (ms, signal) => {
          if (ms === 60_000) throw new Error("a fault of the program");
          return systemEnv.sleep(ms, signal);
        },
      },
    );
    expect(await node.failed()).toMatchObject({
      exitCode: 70,
      what: "delivery ended by a fault of the program: this node stops",
    });
    expect((await node.health()).checks.services.delivery).toEqual({
      status: "failed",
      reason: "not running",
    });
  });

  it("is unhealthy but ready when the database or Redis does not answer", async () => {
    const [database, redis] = await freePorts(2);
    const node = await start(new ForgetfulDisk(), {
      checks: {
        ...config.checks,
        database: { host: "127.0.0.1", port: database!, user: "u", name: "n", password: "hunter2" },
        redis: { host: "127.0.0.1", port: redis!, password: "hunter2" },
      },
    });
    const { status, checks } = await node.health();
    expect(status).toBe("unhealthy");
    expect(checks.database).toEqual({ status: "failed", reason: "ECONNREFUSED" });
    expect(checks.redis).toEqual({ status: "failed", reason: "ECONNREFUSED" });
    expect((await node.ready()).ready).toBe(true);
  });

  it("answers that it drains until the last transaction has ended", async () => {
    const node = await start(new ForgetfulDisk());
    const client = await SmtpClient.connect(smtpPort());
    await client.upToData("b@example.com");
    const stopped = nodes.pop()!.stop();
    expect(await node.ready()).toMatchObject({ ready: false, reason: "draining" });
    expect((await askNode(config, "/ready")).status).toBe(503);
    expect(await client.say("Message-ID: <m1@x>\r\n\r\nbody\r\n.")).toMatch(/^250/);
    await stopped;
    await expect(askNode(config, "/ready")).rejects.toThrow("ECONNREFUSED");
  });

  it("is drained by a mark without a restart: says who and why, and takes mail again when the mark is gone", async () => {
    const drainMark = join(directory, "drained");
    const node = await start(new ForgetfulDisk(), { drainMark });
    const client = await SmtpClient.connect(smtpPort());
    await client.upToData("b@example.com");
    await writeFile(
      drainMark,
      serializeDrainMark({
        machine: "node-1",
        owner: "ada@desk",
        reason: "a new disk",
        at: "2026-11-22T18:00:00.000Z",
        run: "run-1",
        work: "drain",
      }),
    );
    await until(async () => !(await node.ready()).ready);
    const drain = { owner: "ada@desk", reason: "a new disk", at: "2026-11-22T18:00:00.000Z" };
    expect(await node.ready()).toEqual({ ready: false, node: "node-1", reason: "draining", drain });
    const answer = await askNode(config, "/health");
    expect(answer.status).toBe(503);
    expect(healthSchema.parse(JSON.parse(answer.body))).toMatchObject({ drain });
    expect(await client.say("Message-ID: <m1@x>\r\n\r\nbody\r\n.")).toMatch(/^250/);
    expect(await client.reply()).toMatch(/^421/);
    await rm(drainMark);
    await until(async () => (await node.ready()).ready);
    expect((await send("m", 1)).answered).toHaveLength(1);
    await nextHop.waitFor(["m1", "m-1"], 10_000);
  });

  it("that starts under a mark greets nobody", async () => {
    const drainMark = join(directory, "drained");
    await writeFile(drainMark, "");
    await start(new ForgetfulDisk(), { drainMark });
    expect(await (await SmtpClient.connect(smtpPort())).reply()).toMatch(/^421/);
  });

  it("believes no other certificate on its console's port", async () => {
    await start(new ForgetfulDisk());
    const other = join(directory, "other.pem");
    await writeFile(other, await loopbackPem());
    const asked = askNode({ ...config, admin: { ...config.admin, pem: other } }, "/ready");
    await expect(asked).rejects.toThrow("another certificate");
  });

  it("says which port is taken", async () => {
    await start(new ForgetfulDisk());
    await expect(start(new ForgetfulDisk())).rejects.toMatchObject({ code: "MAILNODE_PORT_TAKEN" });
  });

  it("leaves no port open when another one is taken", async () => {
    const console = createServer().listen(config.admin.port, "127.0.0.1");
    await once(console, "listening");
    await expect(start(new ForgetfulDisk())).rejects.toMatchObject({ code: "MAILNODE_PORT_TAKEN" });
    await expect(SmtpClient.connect(smtpPort())).rejects.toMatchObject({ code: "ECONNREFUSED" });
    console.close();
  });

  it("says which file is missing and that a queue cannot be opened", async () => {
    const smtp = { ...config.smtp, pem: join(directory, "absent.pem") };
    await expect(start(new ForgetfulDisk(), { smtp })).rejects.toMatchObject({
      code: "MAILNODE_FILE_UNREADABLE",
    });
    const broken = new ForgetfulDisk();
    broken.fault = () => "EIO";
    await expect(start(broken)).rejects.toMatchObject({ code: "MAILNODE_SPOOL" });
  });

  describe("with a small disk", () => {
    const MIB = 2 ** 20;
    const DISK_MIB = 24;
    const FREE_MIB = 6;
    const KEPT_MIB = 4;
    const OTHER_DATA = "data-of-others";
    let disk: SmallDisk;
    let hop: ScriptedHop;
    let away: boolean;
    let queue: string;

    beforeEach(async () => {
      disk = await SmallDisk.mount(DISK_MIB);
      queue = join(disk.path, "spool");
      away = false;
      hop = await ScriptedHop.start({
        greeting: () => (away ? "421 4.3.2 later" : "220 hop ESMTP"),
        RCPT: (line) => (line.includes("sender.example") ? "250 fine" : "550 5.1.1 no such user"),
      });
      config = {
        ...config,
        smtp: { ...config.smtp, maxMessageBytes: 2 * MIB },
        delivery: { ...config.delivery, nextHop: { host: "127.0.0.1", port: hop.port } },
        queue: { path: queue, maxFailedBytes: KEPT_MIB * MIB, minFreeBytes: FREE_MIB * MIB },
      };
    });
    afterEach(async () => {
      await Promise.all(nodes.splice(0).map((node) => node.stop()));
      await hop.stop();
      await disk.unmount();
    });

    const begin = async (sender: string): Promise<SmtpClient> => {
      const client = await SmtpClient.connect(smtpPort());
      await client.reply();
      await client.say("EHLO client.example");
      await client.say(`MAIL FROM:<${sender}>`);
      await client.say("RCPT TO:<nobody@example.com>");
      await client.say("DATA");
      return client;
    };
    const isEmpty = async (): Promise<boolean> => (await readdir(join(queue, "queue"))).length === 0;

    it("is not filled by whoever sends what can be neither delivered nor returned", async () => {
      await start(realDisk);
      const failed = join(queue, "failed");
      for (let index = 0; index < 20; index++) {
        const client = await begin("");
        expect(
          await client.say(`Subject: ${index}\r\n\r\n${`${"x".repeat(998)}\r\n`.repeat(1000)}.`),
        ).toMatch(/^250/);
        client.end();
        await until(isEmpty);
      }
      // Each takes less than a mebibyte with its state, by little.
      await until(async () => (await readdir(failed)).length === 2 * KEPT_MIB);
      const names = await readdir(failed);
      const sizes = await Promise.all(names.map(async (name) => (await stat(join(failed, name))).size));
      expect(sizes.reduce((sum, size) => sum + size)).toBeLessThanOrEqual(KEPT_MIB * MIB);
    });

    it("refuses new mail before it is full, says so, and delivers and returns what it has all the same", async () => {
      away = true;
      const socket = join(directory, "node.sock");
      const node = await start(realDisk, {}, systemEnv, socket);
      const client = await begin("a@sender.example");
      expect(await client.say("Subject: x\r\n\r\nbody\r\n.")).toMatch(/^250/);
      await writeFile(join(disk.path, OTHER_DATA), Buffer.alloc((DISK_MIB + 1 - FREE_MIB) * MIB));
      await until(async () => !(await node.ready()).ready);
      expect(await node.ready()).toEqual({ ready: false, node: "node-1", reason: "ENOSPC" });
      expect(await client.say("MAIL FROM:<a@sender.example>")).toMatch(/^452 4\.3\.1 /);
      expect(await isEmpty()).toBe(false);
      const { text } = await askSocket({ socket }, "GET", "/metrics");
      expect(text).toMatch(/^mailbastion_queue_failed_bytes 0$/m);
      expect(Number(/^mailbastion_queue_filesystem_avail_bytes (.+)$/m.exec(text)![1])).toBeLessThan(
        FREE_MIB * MIB,
      );
      away = false;
      await until(isEmpty);
      expect(hop.lines).toContain("RCPT TO:<a@sender.example>");
      await rm(join(disk.path, OTHER_DATA));
      await until(async () => (await node.ready()).ready);
      expect(await client.say("MAIL FROM:<a@sender.example>")).toMatch(/^250/);
      client.end();
    });
  });
});
