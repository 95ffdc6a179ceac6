import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeEach, describe, expect, it, jest } from "@jest/globals";
import { ask } from "../../../src/toolkit/steps/command.ts";
import { type Login, Routes } from "../../../src/toolkit/ssh/login.ts";
import { DEFAULT_LIMITS, type SshOptions, type Target } from "../../../src/toolkit/ssh/options.ts";
import { SshTransport } from "../../../src/toolkit/ssh/ssh-transport.ts";
import { generateKey, optionsFor, startServer } from "./servers.ts";

jest.setTimeout(60_000);

async function resolveLogin(machine: string, target: Target, options: SshOptions): Promise<Login> {
  return (await new Routes(options).to(machine, target)).login;
}

describe("the login to a machine", () => {
  let home: string;
  let options: SshOptions;

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), "mailbastion-home-"));
    await mkdir(join(home, ".ssh"));
    options = { keyFiles: [], knownHostsFiles: [], home, limits: DEFAULT_LIMITS };
  });

  async function file(name: string, content: string): Promise<string> {
    await writeFile(join(home, name), content, { mode: 0o600 });
    return join(home, name);
  }

  it("is as root at port 22, with the usual keys that are there, where nothing else is said", async () => {
    const key = await file(".ssh/id_ed25519", generateKey().private);
    expect(await resolveLogin("node-1", { host: "10.0.0.1" }, options)).toMatchObject({
      host: "10.0.0.1",
      port: 22,
      user: "root",
      methods: [{ kind: "key", path: key }],
    });
  });

  it("takes what the description says before what ~/.ssh/config says", async () => {
    await file(".ssh/config", "Host node-1\n  HostName %h.example.com\n  Port 2222\n  User admin\n");
    expect(await resolveLogin("node-1", { host: "node-1" }, options)).toMatchObject({
      host: "node-1.example.com",
      port: 2222,
      user: "admin",
    });
    expect(await resolveLogin("node-1", { host: "node-1", port: 22, user: "root" }, options)).toMatchObject({
      port: 22,
      user: "root",
    });
  });

  it("tries named keys first, then those of ~/.ssh/config, the agent's, and the usual ones", async () => {
    const { private: key } = generateKey();
    const named = await file("named", key);
    const usual = await file(".ssh/id_ed25519", key);
    const configured = await file("configured", key);
    await file(".ssh/config", "Host *\n  IdentityFile ~/configured\n  IdentityFile ~/absent\n");
    const { methods } = await resolveLogin(
      "node-1",
      { host: "node-1" },
      { ...options, keyFiles: [named], agent: "/agent.sock" },
    );
    expect(methods.map((method) => (method.kind === "key" ? method.path : method.socket))).toEqual([
      named,
      configured,
      "/agent.sock",
      usual,
    ]);
  });

  it("leaves out keys that it cannot use, and says why", async () => {
    const locked = join(home, "locked");
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "passphrase", "-f", locked]);
    const other = await file("other", "not a key");
    const login = await resolveLogin("node-1", { host: "node-1" }, { ...options, keyFiles: [locked, other] });
    expect(login.methods).toEqual([]);
    expect(login.skipped).toEqual([
      `${locked} (has a passphrase: ssh-add it)`,
      `${other} (not a private key)`,
    ]);
  });

  it("refuses a named key that is not there", async () => {
    const login = resolveLogin(
      "node-1",
      { host: "node-1" },
      { ...options, keyFiles: [join(home, "absent")] },
    );
    await expect(login).rejects.toMatchObject({
      code: "SSH_KEY_UNREADABLE",
      message: expect.stringContaining(join(home, "absent")),
    });
  });

  it("refuses a ProxyCommand, and does not pass by it", async () => {
    await file(".ssh/config", "Host node-1\n  ProxyCommand nc %h %p\n");
    await expect(resolveLogin("node-1", { host: "node-1" }, options)).rejects.toMatchObject({
      code: "SSH_PROXY_UNSUPPORTED",
      message: expect.stringContaining("the program nc %h %p"),
    });
    await file(".ssh/config", "Host node-1\n  ProxyCommand none\n");
    expect(await resolveLogin("node-1", { host: "node-1" }, options)).toMatchObject({ host: "node-1" });
  });

  it("runs no program that ~/.ssh/config names", async () => {
    const trace = join(home, "ran");
    await file(".ssh/config", `Match exec "touch ${trace}"\n  User other\n`);
    await resolveLogin("node-1", { host: "node-1" }, options);
    expect(existsSync(trace)).toBe(false);
  });

  it("works by a key that only the agent holds", async () => {
    const server = await startServer();
    const socket = join(home, "agent.sock");
    const agent = spawn("ssh-agent", ["-D", "-a", socket], { stdio: "ignore" });
    while (!existsSync(socket)) await sleep(10);
    execFileSync("ssh-add", ["-q", server.keyFile], { env: { ...process.env, SSH_AUTH_SOCK: socket } });

    const byAgent = { ...(await optionsFor(server)), keyFiles: [], agent: socket };
    const transport = new SshTransport(() => server.target, byAgent);
    expect((await transport.run("node-1", ask(["echo", "in"]))).stdout).toBe("in\n");

    await transport.close();
    await server.stop();
    agent.kill();
    await once(agent, "exit");
  });

  it("goes on with the keys where the agent is gone", async () => {
    const server = await startServer();
    const named = await optionsFor(server);
    await mkdir(join(server.folder, ".ssh"));
    execFileSync("cp", [server.keyFile, join(server.folder, ".ssh", "id_ed25519")]);
    const transport = new SshTransport(() => server.target, {
      ...named,
      keyFiles: [],
      agent: join(home, "gone.sock"),
    });
    expect(await transport.run("node-1", ask(["true"]))).toMatchObject({ code: 0 });
    await transport.close();
    await server.stop();
  });
});
