import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import {
  isMaster,
  isReplicaOf,
  parseCache,
  streamCache,
} from "../../../../src/toolkit/services/redis/backup.ts";
import type { Command } from "../../../../src/toolkit/steps/command.ts";
import { machineNamed } from "../../../../src/toolkit/topology/topology.ts";
import { threeMachines } from "../../fixtures/three-machines.ts";
import { runWith } from "../shell.ts";

// Real processes: on a busy machine they take their time.
jest.setTimeout(60_000);

const PASSWORD = "pw";

describe("a copy of a cache", () => {
  const folder = mkdtempSync(join(tmpdir(), "mailbastion-redis-"));
  let server: ChildProcess;
  let port: number;

  async function start(data: string): Promise<void> {
    mkdirSync(join(folder, data), { recursive: true });
    const args = ["--port", String(port), "--bind", "127.0.0.1", "--dir", join(folder, data)];
    server = spawn(
      "redis-server",
      [...args, "--requirepass", PASSWORD, "--appendonly", "yes", "--save", ""],
      {
        stdio: ["ignore", "pipe", "inherit"],
      },
    );
    for await (const chunk of server.stdout!) if (String(chunk).includes("Ready to accept")) break;
  }
  const cli = (...args: readonly string[]) =>
    execFileSync("redis-cli", ["-p", String(port), ...args], {
      env: { ...process.env, REDISCLI_AUTH: PASSWORD },
      encoding: "utf8",
    }).trim();

  beforeAll(async () => {
    const free = createServer().listen(0, "127.0.0.1");
    await once(free, "listening");
    port = (free.address() as AddressInfo).port;
    free.close();
    await start("first");
    cli("MSET", "a", "1", "b", "two words");
    writeFileSync(join(folder, "redis.conf"), `requirepass ${PASSWORD}\n`);
  });
  afterAll(() => {
    server.kill("SIGKILL");
    rmSync(folder, { recursive: true });
  });

  const copy = (configuration = join(folder, "redis.conf")) => {
    const { argv } = streamCache(machineNamed(threeMachines, "node-1"), { localFile: "/nowhere" });
    const [program, ...args] = argv.slice(0, 4) as [string, ...string[]];
    return execFileSync(program, [...args, "127.0.0.1", String(port), configuration], {
      stdio: ["ignore", "pipe", "ignore"],
    });
  };

  it("is a whole snapshot, without what marks the end of the transfer, that a server with a log begins with", async () => {
    const snapshot = copy();
    expect(snapshot.toString("latin1", 0, 5)).toBe("REDIS");
    server.kill("SIGKILL");
    await once(server, "exit");

    const log = join(folder, "second", "appendonlydir");
    mkdirSync(log, { recursive: true });
    writeFileSync(join(log, "appendonly.aof.1.base.rdb"), snapshot);
    writeFileSync(join(log, "appendonly.aof.manifest"), "file appendonly.aof.1.base.rdb seq 1 type b\n");
    await start("second");
    expect(cli("DBSIZE")).toBe("2");
    expect(cli("GET", "b")).toBe("two words");
    // And goes on writing its log beside it.
    expect(readFileSync(join(log, "appendonly.aof.manifest"), "utf8")).toContain("type i");
  });

  it("ends with an exit code other than 0 where the password is refused", () => {
    writeFileSync(join(folder, "other.conf"), "requirepass another\n");
    expect(() => copy(join(folder, "other.conf"))).toThrow(expect.objectContaining({ status: 1 }));
  });
});

describe("what a restore asks of a cache", () => {
  const parse = (stdout: string) => parseCache({ code: 0, stdout, stderr: "" });

  it("is its place by its file, and how many keys it has", () => {
    expect(parse("configured master\nkeys 12\n")).toEqual({ configured: "master", keys: 12 });
    expect(parse("configured replica\nkeys \n")).toEqual({ configured: "replica", keys: 0 });
    expect(parse("")).toEqual({ configured: undefined, keys: 0 });
  });
});

describe("a cache after a restore", () => {
  const [first, second] = threeMachines.machines;
  /** Stands for redis-cli of a server that says this. */
  const answering = (command: Command, pong: string, info: string) =>
    runWith(command.argv, {
      programs: {
        "redis-cli": `case "$*" in *PING) echo '${pong}' ;; *) printf '${info.replaceAll("\n", "\\r\\n")}' ;; esac`,
      },
    });

  it("has the snapshot when it has read it and is the master: as a replica it would drop it", () => {
    expect(answering(isMaster(first!), "PONG", "role:master\n").code).toBe(0);
    expect(answering(isMaster(first!), "LOADING Redis is loading", "role:master\n").code).toBe(1);
    expect(answering(isMaster(first!), "PONG", "role:slave\nmaster_host:192.168.1.102\n")).toMatchObject({
      code: 1,
      stderr: "not role:master, but\nPONG\nrole:slave\nmaster_host:192.168.1.102\n",
    });
  });

  it("has it of the master when it follows that one and no other, and is no master itself", () => {
    const follows = (master: string, link = "up", syncing = 0) =>
      answering(
        isReplicaOf(second!, first!),
        "PONG",
        `role:slave\nmaster_host:${master}\nmaster_link_status:${link}\nmaster_sync_in_progress:${syncing}\n`,
      ).code;
    expect(follows("192.168.1.101")).toBe(0);
    expect(follows("192.168.1.103")).toBe(1);
    expect(follows("192.168.1.101", "down")).toBe(1);
    expect(follows("192.168.1.101", "up", 1)).toBe(1);
    expect(answering(isReplicaOf(second!, first!), "PONG", "role:master\n").code).toBe(1);
  });
});
