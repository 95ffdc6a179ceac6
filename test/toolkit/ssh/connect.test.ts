import { createServer } from "node:net";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it, jest } from "@jest/globals";
import type { Command } from "../../../src/toolkit/steps/command.ts";
import { ask } from "../../../src/toolkit/steps/command.ts";
import { fetchHostKey } from "../../../src/toolkit/ssh/connect.ts";
import { fingerprint } from "../../../src/toolkit/ssh/host-key.ts";
import { addKnownHost } from "../../../src/toolkit/ssh/known-hosts-file.ts";
import { DEFAULT_LIMITS, type Target } from "../../../src/toolkit/ssh/options.ts";
import { SshTransport } from "../../../src/toolkit/ssh/ssh-transport.ts";
import { type Behaviour, generateKey, optionsFor, startServer, type TestServer } from "./servers.ts";

// Real processes and handshakes: on a busy machine they take their time.
jest.setTimeout(60_000);

const command: Command = ask(["true"]);

describe("connecting to a machine", () => {
  const servers: TestServer[] = [];

  async function start(behaviour: Behaviour = {}): Promise<TestServer> {
    const server = await startServer(behaviour);
    servers.push(server);
    return server;
  }

  async function failure(
    server: TestServer,
    knownHosts?: string,
    target: Target = server.target,
  ): Promise<unknown> {
    const transport = new SshTransport(() => target, await optionsFor(server, {}, knownHosts));
    const outcome = await transport.run("node-1", command).catch((error: unknown) => error);
    await transport.close();
    return outcome;
  }

  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.stop()));
  });

  it("is refused where the host key is not known, before any login, and says how to trust it", async () => {
    let logins = 0;
    const server = await start({
      onConnection: (connection) => connection.on("authentication", () => void logins++),
    });
    expect(await failure(server, "")).toMatchObject({
      code: "SSH_HOST_KEY_UNKNOWN",
      message: expect.stringContaining(fingerprint(server.hostKey)),
      remedy: expect.stringContaining("mbctl trust"),
    });
    expect(logins).toBe(0);
  });

  it("stops at once where the host key changed, and names both fingerprints", async () => {
    let connections = 0;
    const server = await start({ onConnection: () => void connections++ });
    const old = generateKey().key;
    const error = await failure(server, `[127.0.0.1]:${server.target.port} ${old.type} ${old.base64}\n`);
    expect(error).toMatchObject({ code: "SSH_HOST_KEY_CHANGED" });
    expect((error as Error).message).toContain(fingerprint(old));
    expect((error as Error).message).toContain(fingerprint(server.hostKey));
    expect((error as Error).message).toContain(`node-1 (127.0.0.1:${server.target.port})`);
    expect(connections).toBe(1);
  });

  it("is refused where the key was revoked", async () => {
    const server = await start();
    const { type, base64 } = server.hostKey;
    expect(await failure(server, `@revoked * ${type} ${base64}\n`)).toMatchObject({
      code: "SSH_HOST_KEY_REVOKED",
    });
  });

  it("asks a server with several keys for the one that is known", async () => {
    const [ed25519, rsa] = [generateKey(), generateKey("rsa")];
    const server = await start({ hostKeys: [ed25519.private, rsa.private] });
    const known = `[127.0.0.1]:${server.target.port} ${rsa.key.type} ${rsa.key.base64}\n`;
    expect(await failure(server, known)).toMatchObject({ code: 0 });
  });

  it("tries again when a server with too many logins drops it", async () => {
    let connections = 0;
    const server = await start({
      onConnection: (connection) => void (connections++ < 2 && connection.end()),
    });
    expect(await failure(server)).toMatchObject({ code: 0 });
    expect(connections).toBe(3);
  });

  it("ends with SSH_REFUSED where nothing listens", async () => {
    const server = await start();
    const closed = createServer().listen(0, "127.0.0.1");
    await once(closed, "listening");
    const { port } = closed.address() as { port: number };
    closed.close();
    await once(closed, "close");
    expect(await failure(server, undefined, { host: "127.0.0.1", port })).toMatchObject({
      code: "SSH_REFUSED",
      message: expect.stringContaining(`node-1 (127.0.0.1:${port})`),
    });
  });

  it("ends with SSH_HOST_UNKNOWN where the name does not resolve", async () => {
    const server = await start();
    expect(await failure(server, undefined, { host: "node-1.invalid" })).toMatchObject({
      code: "SSH_HOST_UNKNOWN",
    });
  });

  it("ends with SSH_HANDSHAKE where the other end speaks no SSH of today", async () => {
    const server = await start();
    const old = createServer((socket) => socket.end("SSH-1.5-ancient\r\n")).listen(0, "127.0.0.1");
    await once(old, "listening");
    const { port } = old.address() as { port: number };
    expect(await failure(server, undefined, { host: "127.0.0.1", port })).toMatchObject({
      code: "SSH_HANDSHAKE",
    });
    old.close();
  });

  it("ends with SSH_AUTH where nobody is let in", async () => {
    expect(await failure(await start({ letsIn: false }))).toMatchObject({
      code: "SSH_AUTH",
      message: expect.stringContaining("as root: tried"),
    });
  });

  it("gives a machine's host key without a login, which then is trusted", async () => {
    let logins = 0;
    const server = await start({
      onConnection: (connection) => connection.on("authentication", () => void logins++),
    });
    const key = await fetchHostKey({ label: "node-1", ...server.target }, { limits: DEFAULT_LIMITS });
    expect(key).toEqual(server.hostKey);
    expect(logins).toBe(0);

    const file = join(server.folder, "trusted");
    await addKnownHost(file, server.target, key);
    expect(await failure(server, await readFile(file, "utf8"))).toMatchObject({ code: 0 });
  });
});
