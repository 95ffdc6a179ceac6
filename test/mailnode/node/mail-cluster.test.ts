import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { loopbackPem } from "../../../demo/embedded/certificate.ts";
import { freePorts } from "../../../demo/embedded/free-ports.ts";
import { healthSchema } from "../../../src/contract/health.ts";
import type { MailNodeConfig } from "../../../src/contract/mailnode-config.ts";
import { realDisk } from "../../../src/mailnode/disk/real-disk.ts";
import { MailNode } from "../../../src/mailnode/node/mail-node.ts";
import { systemEnv } from "../../../src/mailnode/node/system-env.ts";
import { sampleConfig } from "../fixtures/config.ts";
import { quietLog } from "../fixtures/quiet-log.ts";
import { shownCertificate } from "../fixtures/shown-certificate.ts";
import { SmtpClient } from "../fixtures/smtp-client.ts";
import { until } from "../fixtures/until.ts";
import { TestAuthority } from "../raft/shell/certificates.ts";

/* Real sockets, threads and disks, on a machine that may be busy. */
jest.setTimeout(120_000);

describe("a mail node of a cluster", () => {
  let directory: string;
  let config: MailNodeConfig;
  let authority: TestAuthority;
  let node: MailNode | undefined;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "mail-cluster-"));
    authority = await TestAuthority.make();
    await writeIdentity();
    await writeFile(join(directory, "keys"), `${Buffer.alloc(32, 1).toString("base64")}\n`);
    const [smtp, admin, gossip, raft] = await freePorts(4);
    const sample = sampleConfig();
    const pem = join(directory, "pem");
    config = {
      ...sample,
      smtp: { ...sample.smtp, listeners: [{ ...sample.smtp.listeners[0]!, port: smtp! }], pem },
      queue: { path: join(directory, "spool") },
      admin: { address: "127.0.0.1", port: admin!, pem },
      drainMark: join(directory, "drained"),
      cluster: {
        name: "acme",
        founders: ["node-1"],
        witness: false,
        directory: join(directory, "raft"),
        address: "127.0.0.1",
        gossip: { port: gossip!, keys: join(directory, "keys") },
        raft: { port: raft!, pem, authority: join(directory, "authority") },
        discovery: { method: "static", seeds: [] },
        heartbeatMs: 30,
        electionMs: 300,
        failureDetectionMs: 1_000,
        weight: 1,
      },
    };
  });
  afterEach(async () => {
    await node?.stop();
    node = undefined;
    await rm(directory, { recursive: true });
  });

  async function writeIdentity(): Promise<void> {
    const { key, certificate, authority: trusted } = await authority.identity("node-1");
    await writeFile(join(directory, "pem"), `${key.reveal()}\n${certificate}`);
    await writeFile(join(directory, "authority"), trusted);
  }

  async function start(changes: Partial<MailNodeConfig["cluster"]> = {}): Promise<MailNode> {
    node = await MailNode.start({
      config: { ...config, cluster: { ...config.cluster!, ...changes } },
      version: "1.2.3",
      disk: realDisk,
      env: systemEnv,
      log: quietLog,
    });
    return node;
  }
  const partOf = async (of: MailNode) => healthSchema.parse(await of.health()).cluster!;
  const greeting = async (): Promise<string> =>
    (await SmtpClient.connect(config.smtp.listeners[0]!.port)).reply();

  it("shows its part in it, and is drained by the cluster's maintenance or by a mark, whichever is there", async () => {
    const running = await start();
    await until(async () => (await partOf(running)).status === "healthy");
    expect(await partOf(running)).toMatchObject({
      name: "acme",
      state: "active",
      standing: "voter",
      leader: "node-1",
      members: [{ node: "node-1", standing: "voter", seems: "alive" }],
    });
    await until(async () => (await running.health()).status === "healthy");

    const cluster = running.cluster!;
    await cluster.maintenance.enter("node-1", undefined, "alice");
    await until(async () => !(await running.ready()).ready);
    expect((await running.ready()).drain).toMatchObject({
      owner: "alice",
      reason: "maintenance in the cluster",
    });
    expect(await greeting()).toMatch(/^421/);
    await writeFile(config.drainMark!, "");
    await until(async () => (await running.ready()).drain?.owner === "somebody unknown");
    await cluster.maintenance.exit("node-1");
    // The mark is there still.
    expect(await greeting()).toMatch(/^421/);
    await rm(config.drainMark!);
    await until(async () => (await running.ready()).ready);
    expect(await greeting()).toMatch(/^220/);
  });

  it("tells a balancer how many sessions one port takes, less a few", async () => {
    const [second, agent] = await freePorts(2);
    const { listeners } = config.smtp;
    config = {
      ...config,
      smtp: {
        ...config.smtp,
        listeners: [...listeners, { ...listeners[0]!, port: second! }],
        maxConnections: 100,
      },
    };
    await start({ agentCheck: { port: agent!, balancers: ["127.0.0.1"] } });
    await until(async () => (await text(connect(agent!, "127.0.0.1"))) === "up 100% maxconn:96\n");
  });

  it("takes mail without a cluster, for as long as that takes", async () => {
    const running = await start({ founders: ["node-1", "node-2", "node-3"] });
    expect(await greeting()).toMatch(/^220/);
    await until(async () => (await partOf(running)).waiting === "it waits for node-2, node-3");
    expect(await partOf(running)).toMatchObject({ state: "initializing", status: "forming", leader: null });
    expect((await running.ready()).ready).toBe(true);
  });

  it("reads keys and certificates anew, and keeps what it had when they are bad", async () => {
    const running = await start();
    await until(async () => (await partOf(running)).status === "healthy");
    const keys = await readFile(join(directory, "keys"), "utf8");
    await writeFile(join(directory, "keys"), `${Buffer.alloc(32, 2).toString("base64")}\n${keys}`);
    await writeIdentity();
    await running.reload();
    await writeFile(join(directory, "keys"), "too short\n");
    await expect(running.reload()).rejects.toMatchObject({ code: "GOSSIP_KEY_INVALID" });
    await writeFile(join(directory, "keys"), "\n");
    await expect(running.reload()).rejects.toMatchObject({ code: "GOSSIP_KEYS_NONE" });
    await until(async () => (await partOf(running)).status === "healthy");
  });

  it("changes nothing when one of the files is bad, whichever it is", async () => {
    const admin = join(directory, "admin");
    await writeFile(admin, await loopbackPem());
    config = { ...config, admin: { ...config.admin, pem: admin } };
    const running = await start();
    await until(async () => (await partOf(running)).status === "healthy");
    const shown = () =>
      Promise.all([config.admin.port, config.cluster!.raft.port].map((port) => shownCertificate(port)));
    const before = await shown();
    const files = { pem: join(directory, "pem"), admin, keys: join(directory, "keys") };
    const good = async (): Promise<void> => {
      await writeIdentity();
      await writeFile(admin, await loopbackPem());
      await writeFile(files.keys, `${Buffer.alloc(32, 2).toString("base64")}\n`);
    };
    for (const file of Object.values(files)) {
      await good();
      await writeFile(file, "bad\n");
      await expect(running.reload()).rejects.toThrow();
      expect(await shown()).toEqual(before);
    }
    await good();
    await running.reload();
    const after = await shown();
    expect(after.filter((certificate) => before.includes(certificate))).toEqual([]);
  });

  it("opens no port when the cluster's files are not there", async () => {
    await rm(join(directory, "keys"));
    await expect(start()).rejects.toMatchObject({ code: "MAILNODE_FILE_UNREADABLE" });
    await expect(greeting()).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });
});
