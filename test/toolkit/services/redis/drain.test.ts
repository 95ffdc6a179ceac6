import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, jest } from "@jest/globals";
import {
  beEligible,
  bePassedOver,
  isEligible,
  isPassedOver,
} from "../../../../src/toolkit/services/redis/drain.ts";
import { CONFIG_PATH } from "../../../../src/toolkit/services/redis/names.ts";
import { redisSettings } from "../../../../src/toolkit/services/redis/settings.ts";
import type { Command } from "../../../../src/toolkit/steps/command.ts";
import { threeMachines } from "../../fixtures/three-machines.ts";
import { printing, runWith } from "../shell.ts";

// Real processes: on a busy machine they take their time.
jest.setTimeout(60_000);

const machine = threeMachines.machines[0]!;

describe("the cache of a drained machine", () => {
  it("has the priority that Sentinel never promotes, in the running server and in its file", () => {
    const { argv } = bePassedOver(machine);
    expect(argv.slice(4)).toEqual([
      "192.168.1.101",
      "6379",
      "/etc/redis/redis.conf",
      "replica-priority",
      "0",
    ]);
    expect(argv[2]).toContain("CONFIG REWRITE");
    expect(beEligible(machine).argv.at(-1)).toBe("100");
  });

  it("keeps it over an apply, which sets what the description knows and no more", () => {
    expect(Object.keys(redisSettings(threeMachines))).not.toContain("replica-priority");
  });

  it.each([
    ["0", 0, 1],
    ["100", 1, 0],
    ["", 1, 1],
  ])("is asked for it: %j", (found, passedOver, eligible) => {
    const programs = { "redis-cli": printing(`replica-priority\n${found}`), systemctl: "echo active" };
    expect(runWith(isPassedOver(machine).command.argv, { programs }).code).toBe(passedOver);
    expect(runWith(isEligible(machine).command.argv, { programs }).code).toBe(eligible);
  });
});

describe("a cache that may be stopped", () => {
  let folder: string;
  let file: string;
  let port: number;
  let server: ChildProcess | undefined;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "mailbastion-priority-"));
    file = join(folder, "redis.conf");
    const free = createServer().listen(0, "127.0.0.1");
    await once(free, "listening");
    port = (free.address() as AddressInfo).port;
    free.close();
    writeFileSync(file, `# by hand\nport ${port}\nbind 127.0.0.1\ndir ${folder}\nsave ""\nrequirepass pw\n`);
    chmodSync(file, 0o640);
  });
  afterEach(async () => {
    await stop();
    rmSync(folder, { recursive: true });
  });

  async function start(): Promise<void> {
    server = spawn("redis-server", [file], { stdio: ["ignore", "pipe", "inherit"] });
    for await (const chunk of server.stdout!) if (String(chunk).includes("Ready to accept")) break;
  }

  async function stop(): Promise<void> {
    const stopped = server;
    server = undefined;
    if (!stopped) return;
    const exited = once(stopped, "exit");
    stopped.kill("SIGKILL");
    await exited;
  }

  /** The exit code on a machine of which systemd says that its Redis is so. */
  function code({ argv }: Command, state: string): number {
    const own = new Map([
      [machine.address, "127.0.0.1"],
      ["6379", String(port)],
      [CONFIG_PATH, file],
    ]);
    const systemctl = `echo ${state}; [ ${state} = active ]`;
    return runWith(
      argv.map((word) => own.get(word) ?? word),
      { programs: { systemctl } },
    ).code;
  }

  it("is drained and given back in either state, over stop and start", async () => {
    await start();
    expect(code(bePassedOver(machine), "active")).toBe(0);
    await stop();
    expect(code(isPassedOver(machine).command, "inactive")).toBe(0);
    expect(code(beEligible(machine), "inactive")).toBe(0);
    expect(code(isPassedOver(machine).command, "inactive")).toBe(1);
    await start();
    expect(code(isEligible(machine).command, "active")).toBe(0);
    await stop();
    expect(code(bePassedOver(machine), "failed")).toBe(0);
    await start();
    expect(code(isPassedOver(machine).command, "active")).toBe(0);
    expect(code(beEligible(machine), "active")).toBe(0);
    expect(code(isEligible(machine).command, "active")).toBe(0);
  });

  it("has one line of it in its file, of which all else stays as it was", () => {
    const before = readFileSync(file, "utf8");
    const { mode } = statSync(file);
    for (const state of ["inactive", "deactivating"]) expect(code(bePassedOver(machine), state)).toBe(0);
    expect(readFileSync(file, "utf8")).toBe(`${before}replica-priority 0\n`);
    expect(statSync(file).mode).toBe(mode);
    expect(readdirSync(folder)).toEqual(["redis.conf"]);
  });

  it("is not said to be given back while it is stopped", () => {
    expect(code(beEligible(machine), "inactive")).toBe(0);
    expect(code(isEligible(machine).command, "inactive")).toBe(1);
  });

  it("fails where the server should run and does not answer, and its file stays as it was", () => {
    const before = readFileSync(file, "utf8");
    for (const state of ["active", "activating"]) expect(code(beEligible(machine), state)).toBe(1);
    expect(readFileSync(file, "utf8")).toBe(before);
  });
});
