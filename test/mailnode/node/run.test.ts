import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { freePorts } from "../../../demo/embedded/free-ports.ts";
import { serializeMailNodeConfig, type MailNodeConfig } from "../../../src/contract/mailnode-config.ts";
import { askNode } from "../../../src/mailnode/node/ask-node.ts";
import { sampleConfig } from "../fixtures/config.ts";
import { until } from "../fixtures/until.ts";
import { TestAuthority } from "../raft/shell/certificates.ts";

/* Starts processes, on a machine that may be busy. */
jest.setTimeout(120_000);

const MBNODE = fileURLToPath(new URL("../../../bin/mbnode.js", import.meta.url));
const FAILING_LOG = pathToFileURL(join(import.meta.dirname, "failing-log.ts")).href;

describe("mbnode run, with a cluster", () => {
  let directory: string;
  let config: MailNodeConfig;
  let end: () => Promise<unknown>;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "mbnode-run-"));
    const { key, certificate, authority } = await (await TestAuthority.make()).identity("node-1");
    const file = (name: string): string => join(directory, name);
    await writeFile(file("pem"), `${key.reveal()}\n${certificate}`);
    await writeFile(file("authority"), authority);
    await writeFile(file("keys"), `${Buffer.alloc(32, 1).toString("base64")}\n`);
    const [smtp, admin, gossip, raft] = await freePorts(4);
    const sample = sampleConfig();
    config = {
      ...sample,
      smtp: { ...sample.smtp, listeners: [{ ...sample.smtp.listeners[0]!, port: smtp! }], pem: file("pem") },
      queue: { path: file("spool") },
      admin: { address: "127.0.0.1", port: admin!, pem: file("pem") },
      cluster: {
        name: "acme",
        founders: ["node-1"],
        witness: false,
        directory: file("raft"),
        address: "127.0.0.1",
        gossip: { port: gossip!, keys: file("keys") },
        raft: { port: raft!, pem: file("pem"), authority: file("authority") },
        discovery: { method: "static", seeds: [] },
        heartbeatMs: 100,
        electionMs: 1_000,
        failureDetectionMs: 10_000,
        weight: 1,
      },
    };
    await writeFile(file("mbnode.json"), serializeMailNodeConfig(config, "made by a test"));
  });
  afterEach(async () => {
    await end();
    await rm(directory, { recursive: true });
  });

  async function run() {
    const child = spawn(
      process.execPath,
      ["--no-warnings", "--import", FAILING_LOG, MBNODE, "run", "--config", join(directory, "mbnode.json")],
      {
        stdio: ["ignore", "pipe", "inherit"],
        env: { ...process.env, LOG_FAILS_AT: join(directory, "fails") },
      },
    );
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
    const exited = once(child, "exit") as Promise<[number | null, string | null]>;
    end = async () => {
      child.kill("SIGKILL");
      await exited;
    };
    const leads = async (): Promise<boolean> => {
      const answer = await askNode(config, "/health").catch(() => undefined);
      return answer?.body.includes('"leader":"node-1"') ?? false;
    };
    await until(leads);
    return { child, exited, output: () => output };
  }

  it("stops with a clear line and an exit code of its own when the disk of its log fails", async () => {
    const { exited, output } = await run();
    await writeFile(join(directory, "fails"), "");
    expect(await exited).toEqual([74, null]);
    expect(output()).toContain("the cluster's log failed: this node stops");
    expect(output()).toContain("RAFT_LOG_FAILED");
  });

  it("reads keys and certificates anew on SIGHUP, and stops on SIGTERM with 0", async () => {
    const { child, exited, output } = await run();
    child.kill("SIGHUP");
    await until(() => output().includes("gossip keys and certificates were read anew"));
    await writeFile(join(directory, "keys"), "\n");
    child.kill("SIGHUP");
    await until(() => output().includes("nothing was read anew"));
    child.kill("SIGTERM");
    expect(await exited).toEqual([0, null]);
    expect(output()).toContain("left the cluster");
  });
});
