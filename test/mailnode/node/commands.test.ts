import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, open, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { loopbackPem } from "../../../demo/embedded/certificate.ts";
import { freePorts } from "../../../demo/embedded/free-ports.ts";
import { serializeMailNodeConfig, type MailNodeConfig } from "../../../src/contract/mailnode-config.ts";
import { openLog } from "../../../src/mailnode/raft/log/open-log.ts";
import { sampleConfig } from "../fixtures/config.ts";
import { SmtpClient } from "../fixtures/smtp-client.ts";
import { until } from "../fixtures/until.ts";

/* Starts processes, on a machine that may be busy. */
jest.setTimeout(60_000);

const MBNODE = fileURLToPath(new URL("../../../bin/mbnode.js", import.meta.url));

interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function mbnode(...args: readonly string[]): Promise<Run> {
  return new Promise((resolve) => {
    execFile(process.execPath, [MBNODE, ...args], (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
    );
  });
}

describe("mbnode", () => {
  let directory: string;
  let file: string;
  let smtpPort: number;
  const ends: (() => unknown)[] = [];

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "mbnode-"));
    file = join(directory, "mbnode.json");
    const pem = join(directory, "node.pem");
    await writeFile(pem, await loopbackPem());
    const [smtp, admin, away] = await freePorts(3);
    smtpPort = smtp!;
    const sample = sampleConfig();
    const config = {
      ...sample,
      smtp: { ...sample.smtp, listeners: [{ ...sample.smtp.listeners[0]!, port: smtp! }], pem },
      // Nobody listens there: mail stays.
      delivery: { ...sample.delivery, nextHop: { host: "127.0.0.1", port: away! } },
      queue: { path: join(directory, "spool") },
      admin: { address: "127.0.0.1", port: admin!, pem },
    };
    await writeFile(file, serializeMailNodeConfig(config, "made by a test"));
  });
  afterEach(async () => {
    for (const end of ends.splice(0)) await end();
    await rm(directory, { recursive: true });
  });

  async function run() {
    const child = spawn(process.execPath, [MBNODE, "run", "--config", file], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text: string) => (output += text));
    const exited = once(child, "exit") as Promise<[number | null, string | null]>;
    ends.push(async () => {
      child.kill("SIGKILL");
      await exited;
    });
    await until(() => output.includes("taking mail") || child.exitCode !== null);
    return { child, exited, output: () => output };
  }

  it("tells its version", async () => {
    const manifest = JSON.parse(
      await readFile(new URL("../../../package.json", import.meta.url), "utf8"),
    ) as { version: string };
    expect(await mbnode("--version")).toEqual({ code: 0, stdout: `${manifest.version}\n`, stderr: "" });
  });

  it("says nothing about a good configuration, and every fault of a bad one on a line, with exit code 1", async () => {
    expect(await mbnode("check", file)).toEqual({ code: 0, stdout: "", stderr: "" });
    const bad = join(directory, "bad.json");
    await writeFile(
      bad,
      (await readFile(file, "utf8"))
        .replace('"hostname"', '"hostnam"')
        .replace('"maxRecipients": 3', '"maxRecipients": 0'),
    );
    const { code, stdout, stderr } = await mbnode("check", bad);
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(/^ {2}hostname: is missing/m);
    expect(stderr).toMatch(/^ {2}smtp\.maxRecipients is 0: must be at least 1/m);
    expect(stderr).toMatch(/^ {2}hostnam: is not a known key; did you mean "hostname"\?/m);
    expect(stderr).not.toContain("    at ");
  });

  it("looks into a Raft log, and tells by its exit code whether it is whole", async () => {
    const raft = join(directory, "raft");
    const log = await openLog(raft);
    await log.append({ entries: [{ term: 1, index: 1, kind: "noop", data: new Uint8Array(0) }] });
    await log.close();
    const inspected = await mbnode("log", "inspect", raft);
    expect(inspected).toMatchObject({ code: 0, stderr: "" });
    expect(inspected.stdout).toContain(`node      ${log.node}\n`);
    expect(await mbnode("log", "verify", raft)).toEqual({ code: 0, stdout: "whole\n", stderr: "" });
    const segment = await open(join(raft, "segment-000000000001.log"), "r+");
    const used = Number(/^segment-\S+ +\d+ +(\d+)/m.exec(inspected.stdout)![1]);
    // A write that came down to the disk in part: a later sector is there, and the first one is not.
    await segment.write(new Uint8Array(64).fill(9), 0, 64, used + 1024);
    expect(await mbnode("log", "verify", raft)).toEqual({
      code: 3,
      stdout: `torn tail at byte ${used} of ${raft}/segment-000000000001.log: the last write was interrupted; the node goes on without it\n`,
      stderr: "",
    });
    await segment.write(Uint8Array.of(9), 0, 1, 4);
    await segment.close();
    expect(await mbnode("log", "verify", raft)).toMatchObject({ code: 4, stderr: "" });
    expect(await mbnode("log", "verify", directory)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("is not the directory of a log"),
    });
  });

  it("says in one sentence that there is no such file", async () => {
    const { code, stderr } = await mbnode("check", join(directory, "absent.json"));
    expect(code).toBe(1);
    expect(stderr).toContain("absent.json cannot be read (ENOENT)");
  });

  it("runs, tells how it is, lists its queue, and drains on SIGTERM", async () => {
    const { child, exited, output } = await run();
    expect(await mbnode("status", "--ready", "--config", file)).toMatchObject({
      code: 0,
      stdout: '{"ready":true,"node":"node-1"}\n',
    });
    expect((await mbnode("queue", "--config", file)).stdout).toBe("The queue is empty.\n");
    const client = await SmtpClient.connect(smtpPort);
    await client.upToData("b@example.com");
    const id = (await client.say("Subject: x\r\n\r\nbody\r\n.")).split(" ").at(-1)!;
    expect((await mbnode("queue", "--config", file)).stdout).toMatch(
      new RegExp(`^ID .*\\n${id} +<a@sender\\.example> +1 +\\d+ +\\d{4}-`),
    );
    child.kill("SIGTERM");
    expect(await exited).toEqual([0, null]);
    expect(output()).toContain('"msg":"stopped"');
    expect(await mbnode("status", "--ready", "--config", file)).toMatchObject({ code: 1, stdout: "" });
  });

  it("ends its status with 3 while somebody keeps it drained and nothing else is wrong", async () => {
    const config = JSON.parse(await readFile(file, "utf8")) as MailNodeConfig;
    const drainMark = join(directory, "drained");
    await writeFile(file, serializeMailNodeConfig({ ...config, drainMark }, "made by a test"));
    await writeFile(drainMark, "{}");
    const { output } = await run();
    expect(output()).toContain('"msg":"drained by a mark"');
    const status = await mbnode("status", "--ready", "--config", file);
    expect(status.code).toBe(3);
    expect(JSON.parse(status.stdout)).toMatchObject({ ready: false, reason: "draining" });
  });

  it("calls itself mbnode, as the port rules of a machine expect", async () => {
    const { child } = await run();
    expect(await readFile(`/proc/${child.pid}/comm`, "utf8")).toBe("mbnode\n");
  });

  it("refuses a queue that another mbnode uses, and takes it over once that one was killed", async () => {
    const first = await run();
    const second = await run();
    expect(await second.exited).toEqual([1, null]);
    expect(second.output()).toContain("is in use by another mbnode");
    first.child.kill("SIGKILL");
    await first.exited;
    const third = await run();
    expect(third.output()).toContain("taking mail");
  });

  it("finds after a SIGKILL every message that it answered", async () => {
    const first = await run();
    const client = await SmtpClient.connect(smtpPort);
    await client.upToData("b@example.com");
    const id = (await client.say("Subject: x\r\n\r\nbody\r\n.")).split(" ").at(-1)!;
    first.child.kill("SIGKILL");
    await first.exited;
    expect((await mbnode("queue", "--config", file)).stdout).toContain(id);
    const second = await run();
    expect(second.output()).toContain('"recovered":1');
  });

  it("does not mind a spool directory that is there already", async () => {
    await mkdir(join(directory, "spool"));
    expect((await run()).output()).toContain("taking mail");
  });
});
