import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it, jest } from "@jest/globals";
import type { Connection } from "ssh2";
import { ask } from "../../../src/toolkit/steps/command.ts";
import { DEFAULT_LIMITS, type SshOptions, type Target } from "../../../src/toolkit/ssh/options.ts";
import { SshTransport } from "../../../src/toolkit/ssh/ssh-transport.ts";
import { type Behaviour, findSshd, generateKey, startServer, startSshd, type TestServer } from "./servers.ts";

// Real processes and handshakes: on a busy machine they take their time.
jest.setTimeout(60_000);

const echo = { ...ask(["echo", "hello"]), sudo: false };

describe("machines behind jump hosts", () => {
  const servers: TestServer[] = [];
  const transports: SshTransport[] = [];

  afterEach(async () => {
    await Promise.all(transports.splice(0).map((transport) => transport.close()));
    await Promise.all(servers.splice(0).map((server) => server.stop()));
  });

  async function start(behaviour: Behaviour = {}): Promise<TestServer> {
    servers.push(await startServer(behaviour));
    return servers.at(-1)!;
  }

  /** A client that has the keys of all servers, and knows their host keys but for those told otherwise. */
  async function open(
    target: Target | ((machine: string) => Target),
    changes: { readonly unknown?: TestServer; readonly changed?: TestServer; readonly config?: string } = {},
    limits: Partial<SshOptions["limits"]> = {},
  ): Promise<SshTransport> {
    const home = servers[0]!.folder;
    const lines = servers.flatMap((server) => {
      const { type, base64 } = server === changes.changed ? generateKey().key : server.hostKey;
      return server === changes.unknown ? [] : [`[127.0.0.1]:${server.target.port} ${type} ${base64}\n`];
    });
    await writeFile(join(home, "known_hosts"), lines.join(""));
    await mkdir(join(home, ".ssh"), { recursive: true });
    await writeFile(join(home, ".ssh", "config"), changes.config ?? "");
    const transport = new SshTransport(typeof target === "function" ? target : () => target, {
      keyFiles: servers.map(({ keyFile }) => keyFile),
      knownHostsFiles: [join(home, "known_hosts")],
      home,
      limits: { ...DEFAULT_LIMITS, ...limits },
    });
    transports.push(transport);
    return transport;
  }

  it("are reached through one, two or three in a row, each logged in to", async () => {
    const logins: string[] = [];
    const noting = (name: string): Behaviour => ({
      forwards: true,
      onConnection: (connection: Connection) => connection.on("ready", () => void logins.push(name)),
    });
    const [first, second, third] = [
      await start(noting("1")),
      await start(noting("2")),
      await start(noting("3")),
    ];
    const machine = await start(noting("machine"));
    for (const jump of [[first], [first, second], [first, second, third]]) {
      logins.length = 0;
      const transport = await open({ ...machine.target, jump: jump.map(({ target }) => target) });
      expect(await transport.run("node-1", echo)).toMatchObject({ code: 0, stdout: "hello\n" });
      expect(logins).toEqual([...["1", "2", "3"].slice(0, jump.length), "machine"]);
    }
  });

  it("share a connection to the jump host, and another when its channels are used up", async () => {
    let connections = 0;
    const jumpHost = await start({ forwards: true, onConnection: () => void connections++ });
    const machine = await start();
    const transport = await open({ ...machine.target, jump: [jumpHost.target] });
    const names = (count: number): readonly string[] =>
      Array.from({ length: count }, (_, index) => `node-${index}`);
    await Promise.all(names(8).map((name) => transport.run(name, echo)));
    expect(connections).toBe(1);
    const answers = await Promise.all(names(20).map((name) => transport.run(name, echo)));
    expect(answers.map(({ stdout }) => stdout)).toEqual(names(20).map(() => "hello\n"));
    expect(connections).toBe(3);
  });

  it("are reached by ProxyJump of ~/.ssh/config, where a jump host may have one of its own", async () => {
    const [far, near, machine] = [
      await start({ forwards: true }),
      await start({ forwards: true }),
      await start(),
    ];
    const host = (name: string, { target }: TestServer, more = ""): string =>
      `Host ${name}\n  HostName 127.0.0.1\n  Port ${target.port}\n  User root\n${more}`;
    const config = [
      host("node-1", machine, "  ProxyJump root@near\n"),
      host("near", near, "  ProxyJump far\n"),
      host("far", far),
    ].join("");
    const transport = await open({ host: "node-1" }, { config });
    expect(await transport.run("node-1", echo)).toMatchObject({ stdout: "hello\n" });
    expect([near.sockets(), far.sockets()]).toEqual([1, 1]);
  });

  it("are not reached where the jump host's key is unknown, and nobody logs in to it", async () => {
    let logins = 0;
    const jumpHost = await start({
      forwards: true,
      onConnection: (connection) => connection.on("authentication", () => void logins++),
    });
    const machine = await start();
    const transport = await open({ ...machine.target, jump: [jumpHost.target] }, { unknown: jumpHost });
    await expect(transport.run("node-1", echo)).rejects.toMatchObject({
      code: "SSH_HOST_KEY_UNKNOWN",
      message: expect.stringContaining(`jump host 127.0.0.1 (127.0.0.1:${jumpHost.target.port})`),
    });
    expect(logins).toBe(0);
  });

  it("must prove their own keys too: a jump host cannot pass another machine off", async () => {
    const [jumpHost, machine] = [await start({ forwards: true }), await start()];
    const transport = await open({ ...machine.target, jump: [jumpHost.target] }, { changed: machine });
    await expect(transport.run("node-1", echo)).rejects.toMatchObject({
      code: "SSH_HOST_KEY_CHANGED",
      message: expect.stringContaining(`node-1 (127.0.0.1:${machine.target.port})`),
    });
  });

  it("that refuse are told from jump hosts that refuse", async () => {
    const [jumpHost, gone] = [await start({ forwards: true }), await start()];
    const { target } = gone;
    await gone.stop();
    servers.splice(servers.indexOf(gone), 1);
    const behind = await open({ ...target, jump: [jumpHost.target] });
    await expect(behind.run("node-1", echo)).rejects.toMatchObject({
      code: "SSH_UNREACHABLE",
      message: expect.stringContaining(
        `node-1 (127.0.0.1:${target.port}) through the jump host 127.0.0.1 (127.0.0.1:${jumpHost.target.port})`,
      ),
    });
    const through = await open({ ...jumpHost.target, jump: [target] });
    await expect(through.run("node-1", echo)).rejects.toMatchObject({
      code: "SSH_REFUSED",
      message: `jump host 127.0.0.1 (127.0.0.1:${target.port}) refused the connection`,
    });
  });

  it("are not reached through a jump host that forwards nothing, and its name is told", async () => {
    const [jumpHost, machine] = [await start(), await start()];
    const transport = await open({ ...machine.target, jump: [jumpHost.target] });
    await expect(transport.run("node-1", echo)).rejects.toMatchObject({
      code: "SSH_JUMP",
      message: expect.stringContaining("through the jump host 127.0.0.1"),
      remedy: expect.stringContaining("AllowTcpForwarding"),
    });
  });

  it("are given up where the jump host never answers for a way", async () => {
    const [jumpHost, machine] = [await start({ forwards: "stall" }), await start()];
    const transport = await open(
      { ...machine.target, jump: [jumpHost.target] },
      {},
      { channelTimeoutMs: 100 },
    );
    await expect(transport.run("node-1", echo)).rejects.toMatchObject({ code: "SSH_TIMEOUT" });
  });

  it("are reached again after the jump host dropped its connection", async () => {
    const connections: Connection[] = [];
    const jumpHost = await start({
      forwards: true,
      onConnection: (connection) => void connections.push(connection),
    });
    const machine = await start();
    const transport = await open({ ...machine.target, jump: [jumpHost.target] });
    await transport.run("node-1", echo);
    const running = transport.run("node-1", { ...ask(["sleep", "60"]), sudo: false });
    const outcome = expect(running).rejects.toMatchObject({
      code: "SSH_LOST",
      remedy: expect.stringContaining("its state is unknown"),
    });
    connections[0]!.end();
    await outcome;
    expect(await transport.run("node-1", echo)).toMatchObject({ code: 0 });
    expect(connections).toHaveLength(2);
  });

  const sshd = findSshd();
  (sshd ? it : undefined)?.("are reached through OpenSSH's own sshd", async () => {
    const [jumpHost, machine] = [await startSshd(sshd!), await startSshd(sshd!)];
    servers.push(jumpHost, machine);
    const transport = await open({ ...machine.target, jump: [jumpHost.target] });
    const names = Array.from({ length: 12 }, (_, index) => `node-${index}`);
    const answers = await Promise.all(names.map((name) => transport.run(name, echo)));
    expect(answers.map(({ stdout }) => stdout)).toEqual(names.map(() => "hello\n"));
    const closed = await open({ host: "127.0.0.1", port: 1, jump: [jumpHost.target] });
    await expect(closed.run("node-1", echo)).rejects.toMatchObject({ code: "SSH_REFUSED" });
    const unresolved = await open({ host: "node-1.invalid", jump: [jumpHost.target] });
    await expect(unresolved.run("node-1", echo)).rejects.toMatchObject({
      code: expect.stringMatching(/^SSH_/),
    });
  });

  it("keep no connection to a port open when the transport closes", async () => {
    const [jumpHost, machine] = [await start({ forwards: true }), await start()];
    const transport = await open({ ...machine.target, jump: [jumpHost.target] });
    await transport.run("node-1", echo);
    await transport.close();
    // The servers hear of it a moment later.
    for (let wait = 0; wait < 500 && jumpHost.sockets() + machine.sockets() > 0; wait++) await sleep(10);
    expect([jumpHost.sockets(), machine.sockets()]).toEqual([0, 0]);
  });
});
