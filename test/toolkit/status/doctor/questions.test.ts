import { afterEach, describe, expect, it, jest } from "@jest/globals";
import { createServer, type Server } from "node:net";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { services } from "../../../../src/toolkit/services/registry.ts";
import { deepQuestions, waysFrom } from "../../../../src/toolkit/status/doctor/questions.ts";
import { localTransport } from "../../../../src/toolkit/runner/local-transport.ts";
import type { KnownFile } from "../../../../src/toolkit/status/doctor/known-file.ts";
import type { Command } from "../../../../src/toolkit/steps/command.ts";
import { threeMachines } from "../../fixtures/three-machines.ts";
import { runWith } from "../../services/shell.ts";

/** Real programs on a machine that may be busy. */
jest.setTimeout(60_000);

const [first, , third] = threeMachines.machines;
const ask = (machine = first!, files: readonly KnownFile[] = []) =>
  deepQuestions(threeMachines, services, machine, files);

/** The script of a question with other arguments, run for real. */
const withArgs = (command: Command, args: readonly string[]) => [...command.argv.slice(0, 4), ...args];

describe("what the doctor asks", () => {
  it("changes nothing and needs no standard input", () => {
    for (const [, command] of ask()) expect(command).toMatchObject({ mutates: false });
    for (const [, command] of ask()) expect(command.stdin).toBeUndefined();
  });

  it("is what belongs to the roles of the machine", () => {
    expect([...ask().keys()]).toEqual([
      "journal",
      "files",
      "reach",
      "machine",
      "next hop",
      "vrrp",
      "member",
      "split-brain",
    ]);
    expect([...ask(third).keys()]).not.toContain("vrrp");
  });

  it("has a file checked by its own program, and not one that systemd checks itself", () => {
    const file = (path: string): KnownFile => ({
      path,
      owner: "root",
      group: "root",
      mode: "0644",
      check: { kind: "command", argv: ["haproxy", "-c", "-f", "{staged}"] },
    });
    const questions = ask(first, [
      file("/etc/haproxy/haproxy.cfg"),
      file("/etc/systemd/system/x.service"),
      { ...file("/etc/mailbastion/y"), check: { kind: "none", reason: "a test" } },
    ]);
    expect([...questions.keys()].filter((name) => name.startsWith("check "))).toEqual([
      "check /etc/haproxy/haproxy.cfg",
    ]);
    expect(questions.get("check /etc/haproxy/haproxy.cfg")?.argv).toEqual([
      "haproxy",
      "-c",
      "-f",
      "/etc/haproxy/haproxy.cfg",
    ]);
  });
});

describe("the ways between machines", () => {
  it("are those that the firewalls let through, without ports that are mostly shut", () => {
    const ways = waysFrom(threeMachines, services, third!);
    expect(ways).toContain("192.168.1.100:3306");
    expect(ways).toContain("192.168.1.101:4567");
    expect(ways).toContain("192.168.1.102:26379");
    expect(ways.filter((way) => /^192\.168\.1\.103:|:4444$|:4568$|:49152$|:8404$/.test(way))).toEqual([]);
    // node-3 is no balancer: nobody but balancers may ask for a member's health.
    expect(ways.filter((way) => way.endsWith(":9200"))).toEqual([]);
    expect(waysFrom(threeMachines, services, first!)).toContain("192.168.1.102:9200");
  });

  const servers: Server[] = [];
  afterEach(() => servers.splice(0).forEach((server) => server.close()));

  it("are told apart: open, refused, and silent", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    servers.push(server);
    await once(server, "listening");
    const { port } = server.address() as { port: number };
    const shut = createServer().listen(0, "127.0.0.1");
    await once(shut, "listening");
    const { port: refused } = shut.address() as { port: number };
    shut.close();
    await once(shut, "close");
    // Stands for a firewall that drops: a connection that nobody answers cannot be had on loopback.
    const bash = `case "$4" in 10.*) exit 124 ;; *) exec /bin/bash "$@" ;; esac`;
    const argv = withArgs(ask().get("reach")!, [`127.0.0.1:${port}`, `127.0.0.1:${refused}`, "10.0.0.9:25"]);
    const { stdout } = await new Promise<{ stdout: string }>((resolve) =>
      setImmediate(() => resolve(runWith(argv, { programs: { bash } }))),
    );
    expect(stdout.trim().split("\n").toSorted()).toEqual(
      [`10.0.0.9:25 silent`, `127.0.0.1:${port} open`, `127.0.0.1:${refused} refused`].toSorted(),
    );
  });
});

describe("what lies on a machine", () => {
  const folder = mkdtempSync(join(tmpdir(), "mailbastion-doctor-"));

  it("is told with mode, owner and hash, and what is not there too", async () => {
    const path = join(folder, "a file");
    writeFileSync(path, "content\n", { mode: 0o640 });
    const command = { ...ask().get("files")!, argv: withArgs(ask().get("files")!, [path, `${path}2`]) };
    const { stdout } = await localTransport.run("here", command);
    rmSync(folder, { recursive: true });
    expect(stdout).toMatch(new RegExp(`^${path}\t0640\t\\S+\t\\S+\t[0-9a-f]{64}\n${path}2\tmissing\n$`));
  });
});

describe("the machine itself", () => {
  it("answers on a real one, whatever it lacks", async () => {
    const { code, stdout } = await localTransport.run("here", ask().get("machine")!);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^files \d+\s+\d+\s+\d+$/m);
  });

  it("says of a unit that does not run its state and its last lines", () => {
    const argv = withArgs(ask().get("journal")!, ["good.service", "bad.service"]);
    const systemctl = `case "$*" in
  "is-active good.service") echo active ;;
  is-active*) echo failed; exit 3 ;;
  show*) echo exit-code ;;
esac`;
    const { stdout } = runWith(argv, { programs: { systemctl, journalctl: "echo it said" } });
    expect(stdout).toBe("@unit\nbad.service failed exit-code\nit said\n");
  });

  it("tells a next hop without an address from one that takes no connection", () => {
    const argv = withArgs(ask().get("next hop")!, ["mx.internal", "1"]);
    const found = (getent: string) => runWith(argv, { programs: { getent } }).stdout;
    expect(found("exit 2")).toBe("address \n");
    expect(found("echo '127.0.0.1 STREAM mx.internal'")).toBe("address 127.0.0.1\nport shut\n");
  });
});
