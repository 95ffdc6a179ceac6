import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { userInfo } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, it, jest } from "@jest/globals";
import type { ServerChannel } from "ssh2";
import { act, ask, script } from "../../../src/toolkit/steps/command.ts";
import type { SshOptions } from "../../../src/toolkit/ssh/options.ts";
import { SshTransport } from "../../../src/toolkit/ssh/ssh-transport.ts";
import { createKey } from "../../../src/toolkit/vault/key-file.ts";
import { type Behaviour, findSshd, optionsFor, startServer, startSshd, type TestServer } from "./servers.ts";

// Real processes and handshakes: on a busy machine they take their time.
jest.setTimeout(60_000);

const sshd = findSshd();
const servers = [
  { name: "a server in this process", start: () => startServer() },
  ...(sshd ? [{ name: "OpenSSH's sshd", start: () => startSshd(sshd) }] : []),
];

describe.each(servers)("commands over SSH to $name", ({ start }) => {
  let server: TestServer;
  let options: SshOptions;
  let transport: SshTransport;

  beforeEach(async () => {
    server = await start();
    options = await optionsFor(server);
    transport = new SshTransport(() => server.target, options);
  });

  afterEach(async () => {
    await transport.close();
    await server.stop();
  });

  it("come back with exit code and both outputs apart", async () => {
    const command = ask(script('echo "to $1"; echo complaint >&2; exit 7', ["out"]), {});
    expect(await transport.run("node-1", { ...command, sudo: false })).toEqual({
      code: 7,
      stdout: "to out\n",
      stderr: "complaint\n",
    });
  });

  it("take each argument as it is, however hostile", async () => {
    const words = ["", "a b", "new\nline", "it's", '"', "$(id)", "`id`", "\\", "-n", "ümläut ✓", "*", "~"];
    const answer = await transport.run("node-1", { ...ask(["printf", "%s\\0", ...words]), sudo: false });
    expect(answer.stdout.split("\0").slice(0, -1)).toEqual(words);
  });

  it("read their standard input to its end, from a text or a stream", async () => {
    const cat = { ...act(["cat"]), sudo: false };
    expect((await transport.run("node-1", { ...cat, stdin: "own\n" })).stdout).toBe("own\n");
    expect((await transport.run("node-1", { ...cat, stdin: "own\n" }, "instead\n")).stdout).toBe("instead\n");
    expect((await transport.run("node-1", cat, Readable.from(["in ", "parts"]))).stdout).toBe("in parts");
    expect((await transport.run("node-1", cat)).stdout).toBe("");
  });

  it("take a local file of 100 MB whole", async () => {
    const localFile = join(server.folder, "large");
    const hash = createHash("sha256");
    const file = createWriteStream(localFile);
    for (let part = 0; part < 100; part++) {
      const megabyte = randomBytes(1024 * 1024);
      hash.update(megabyte);
      if (!file.write(megabyte)) await once(file, "drain");
    }
    file.end();
    await once(file, "finish");

    const answer = await transport.run("node-1", {
      ...act(["sha256sum"]),
      sudo: false,
      stdin: { localFile },
    });

    expect(answer.stdout).toBe(`${hash.digest("hex")}  -\n`);
  });

  describe("whose standard output goes into a file", () => {
    const into = (localFile: string, keyFile?: string) => ({
      sudo: false,
      stdout: { localFile, ...(keyFile !== undefined && { keyFile }) },
    });

    it("fill it with 60 MB, note their hash, and leave nothing else behind", async () => {
      const localFile = join(server.folder, "large");
      // More than lies in memory unread, and more than an answer may hold.
      transport = new SshTransport(() => server.target, {
        ...options,
        limits: { ...options.limits, maxOutputBytes: 1_000 },
      });
      const text = "head -c 60000000 /dev/zero | tr '\\0' x; echo said >&2";
      const answer = await transport.run("node-1", { ...act(script(text)), ...into(localFile) });

      expect(answer).toEqual({ code: 0, stdout: "", stderr: "said\n" });
      const content = await readFile(localFile);
      expect(content.length).toBe(60_000_000);
      const hash = createHash("sha256").update(content).digest("hex");
      expect(await readFile(`${localFile}.sha256`, "utf8")).toBe(`${hash}  large\n`);
      expect((await stat(localFile)).mode & 0o777).toBe(0o600);
      expect((await readdir(server.folder)).filter((name) => name.startsWith("large"))).toEqual([
        "large",
        "large.sha256",
      ]);
    });

    it("make no file of an exit code other than 0", async () => {
      const localFile = join(server.folder, "half");
      const answer = await transport.run("node-1", {
        ...act(script("echo some; exit 5")),
        ...into(localFile),
      });
      expect(answer.code).toBe(5);
      expect((await readdir(server.folder)).filter((name) => name.startsWith("half"))).toEqual([]);
    });

    it("are sealed on the way, and opened on the way back", async () => {
      const [localFile, keyFile] = [join(server.folder, "sealed"), join(server.folder, "age.key")];
      await createKey(keyFile, 0);
      await transport.run("node-1", { ...act(["seq", "100000"]), ...into(localFile, keyFile) });
      const sealed = await readFile(localFile);
      expect(sealed.subarray(0, 21).toString()).toBe("age-encryption.org/v1");
      expect(sealed.includes("99999\n")).toBe(false);

      const lines = { ...act(["wc", "-l"]), sudo: false, stdin: { localFile, keyFile } };
      expect((await transport.run("node-1", lines)).stdout.trim()).toBe("100000");

      sealed.writeUInt8(sealed.readUInt8(300_000) ^ 1, 300_000);
      await writeFile(localFile, sealed);
      await expect(transport.run("node-1", lines)).rejects.toMatchObject({ code: "SEALED_FILE_DAMAGED" });
    });

    it("stop with LOCAL_FILE_UNWRITABLE where no file can be", async () => {
      const command = { ...act(["seq", "10"]), ...into(join(server.keyFile, "file")) };
      await expect(transport.run("node-1", command)).rejects.toMatchObject({ code: "LOCAL_FILE_UNWRITABLE" });
    });
  });

  it("may end without reading their input", async () => {
    const localFile = join(server.folder, "unread");
    await writeFile(localFile, Buffer.alloc(8 * 1024 * 1024));
    expect(
      await transport.run("node-1", { ...act(["sh", "-c", "exit 3"]), sudo: false, stdin: { localFile } }),
    ).toMatchObject({
      code: 3,
    });
  });

  it("that a signal ends have the exit code of a shell, 128 and the signal", async () => {
    const answer = await transport.run("node-1", {
      ...ask(["sh", "-c", "sh -c 'kill -TERM $$'; exit $?"]),
      sudo: false,
    });
    expect(answer.code).toBe(143);
  });

  it("run many at a time on one connection, none lost and none mixed up", async () => {
    const numbers = Array.from({ length: 40 }, (_, number) => String(number));
    const answers = await Promise.all(
      numbers.map((number) => transport.run("node-1", { ...ask(["echo", number]), sudo: false })),
    );
    expect(answers.map((answer) => answer.stdout)).toEqual(numbers.map((number) => `${number}\n`));
  });

  it("that print without an end are stopped", async () => {
    transport = new SshTransport(() => server.target, {
      ...options,
      limits: { ...options.limits, maxOutputBytes: 1_000_000 },
    });
    await expect(transport.run("node-1", { ...ask(["yes"]), sudo: false })).rejects.toMatchObject({
      code: "SSH_OUTPUT_TOO_LARGE",
      message: expect.stringContaining("node-1 (127.0.0.1:"),
    });
    expect((await transport.run("node-1", { ...ask(["echo", "on"]), sudo: false })).stdout).toBe("on\n");
  });

  it("that take too long are given up, and the connection stays usable", async () => {
    await expect(
      transport.run("node-1", { ...ask(["sleep", "60"]), sudo: false, timeoutMs: 200 }),
    ).rejects.toMatchObject({
      code: "SSH_COMMAND_TIMEOUT",
    });
    expect((await transport.run("node-1", { ...ask(["echo", "on"]), sudo: false })).stdout).toBe("on\n");
  });

  it("are refused with SSH_AUTH where the key is not authorized", async () => {
    const stranger = await startServer();
    transport = new SshTransport(() => server.target, { ...options, keyFiles: [stranger.keyFile] });
    await expect(transport.run("node-1", ask(["true"]))).rejects.toMatchObject({
      code: "SSH_AUTH",
      message: expect.stringContaining(stranger.keyFile),
    });
    await stranger.stop();
  });
});

describe("the connections of a transport", () => {
  let server: TestServer;
  let transport: SshTransport;

  async function start(behaviour: Behaviour, limits: Partial<SshOptions["limits"]> = {}): Promise<void> {
    server = await startServer(behaviour);
    transport = new SshTransport(() => server.target, await optionsFor(server, limits));
  }

  afterEach(async () => {
    await transport.close();
    await server.stop();
  });

  const echo = ask(["echo", "hello"]);

  it("are one per machine, with fewer than ten channels at a time", async () => {
    let connections = 0;
    let most = 0;
    const open: ServerChannel[] = [];
    await start({
      onConnection: () => void connections++,
      exec: (channel) => {
        open.push(channel);
        most = Math.max(most, open.length);
        // None ends before as many are open as may be.
        if (open.length < 8) return;
        for (const each of open.splice(0)) {
          each.exit(0);
          each.end();
        }
      },
    });
    await Promise.all(Array.from({ length: 48 }, () => transport.run("node-1", echo)));
    expect(connections).toBe(1);
    expect(most).toBe(8);
  });

  it("start a few at a time", async () => {
    let starting = 0;
    let most = 0;
    await start(
      {
        onConnection: (connection) => {
          most = Math.max(most, ++starting);
          connection.on("ready", () => void starting--);
        },
      },
      { startsAtOnce: 3 },
    );
    const machines = Array.from({ length: 12 }, (_, number) => `node-${number}`);
    const answers = await Promise.all(machines.map((machine) => transport.run(machine, echo)));
    expect(answers).toHaveLength(12);
    expect(most).toBeLessThanOrEqual(3);
  });

  it("are made anew after a loss, and the command that was running is an error", async () => {
    let connections = 0;
    await start({
      onConnection: () => void connections++,
      exec: (channel, _line, connection) => {
        if (connections === 1) connection.end();
        else {
          channel.exit(0);
          channel.end();
        }
      },
    });
    await expect(transport.run("node-1", echo)).rejects.toMatchObject({ code: "SSH_LOST" });
    expect(await transport.run("node-1", echo)).toMatchObject({ code: 0 });
  });

  it("that end in the middle of an answer give no half of one", async () => {
    await start({
      exec: (channel) => {
        channel.write("half of ");
        channel.close();
      },
    });
    await expect(transport.run("node-1", echo)).rejects.toMatchObject({
      code: "SSH_LOST",
      message: expect.stringContaining("while a command ran"),
    });
  });

  it("that are lost in the middle of an output leave no file of its name", async () => {
    await start({
      exec: (channel, _line, connection) => {
        channel.write(Buffer.alloc(300_000, "x"), () => connection.end());
      },
    });
    const localFile = join(server.folder, "lost");
    const command = { ...act(["cat", "/dev/sda"]), stdout: { localFile } };
    await expect(transport.run("node-1", command)).rejects.toMatchObject({ code: "SSH_LOST" });
    expect((await readdir(server.folder)).filter((name) => name.startsWith("lost"))).toEqual([]);
  });

  it("that a silent machine no longer answers are given up", async () => {
    let silence: (() => void) | undefined;
    await start(
      {
        onConnection: (connection) => {
          const socket = (connection as unknown as { _sock: { pause(): void } })._sock;
          silence = () => socket.pause();
        },
        exec: () => silence!(),
      },
      { keepAliveMs: 20 },
    );
    await expect(transport.run("node-1", echo)).rejects.toMatchObject({ code: "SSH_LOST" });
  });

  it("to a server that says nothing end with SSH_TIMEOUT", async () => {
    await start({ mute: true }, { connectTimeoutMs: 100 });
    await expect(transport.run("node-1", echo)).rejects.toMatchObject({ code: "SSH_TIMEOUT" });
  });

  it("on which a channel never opens end with SSH_TIMEOUT", async () => {
    await start({ stallsChannels: true }, { channelTimeoutMs: 100 });
    await expect(transport.run("node-1", echo)).rejects.toMatchObject({ code: "SSH_TIMEOUT" });
  });

  it("on which channels are refused end with SSH_CHANNEL", async () => {
    await start({ refusesChannels: true });
    await expect(transport.run("node-1", echo)).rejects.toMatchObject({ code: "SSH_CHANNEL" });
  });

  it("put sudo before the command where the login is not root, and only where root is needed", async () => {
    const lines: string[] = [];
    await start({
      exec: (channel, line) => {
        lines.push(line);
        channel.exit(0);
        channel.end();
      },
    });
    transport = new SshTransport(() => ({ ...server.target, user: "admin" }), await optionsFor(server));
    await transport.run("node-1", act(["systemctl", "reload", "a b"]));
    await transport.run("node-1", { ...ask(["id"]), sudo: false });
    expect(lines).toEqual(["sudo -n -- systemctl reload 'a b'", "id"]);
  });

  it("say what to do where sudo asks for a password", async () => {
    await start({
      exec: (channel) => {
        channel.stderr.write("sudo: a password is required\n");
        channel.exit(1);
        channel.end();
      },
    });
    transport = new SshTransport(() => ({ ...server.target, user: "admin" }), await optionsFor(server));
    await expect(transport.run("node-1", act(["true"]))).rejects.toMatchObject({
      code: "SSH_SUDO",
      remedy: expect.stringContaining("admin ALL=(ALL) NOPASSWD:ALL"),
    });
  });

  it("name a local file that is not there", async () => {
    await start({});
    const command = { ...act(["cat"]), stdin: { localFile: "/nowhere/file" } };
    await expect(transport.run("node-1", command)).rejects.toMatchObject({ code: "LOCAL_FILE_UNREADABLE" });
  });
});

describe("login", () => {
  it("takes host, port, user and key from ~/.ssh/config where the description leaves them out", async () => {
    const server = await startServer();
    const options = await optionsFor(server);
    await mkdir(join(server.folder, ".ssh"));
    await writeFile(
      join(server.folder, ".ssh", "config"),
      `Host node-1\n  HostName 127.0.0.1\n  Port ${server.target.port}\n  User ${userInfo().username}\n  IdentityFile ~/login-key\n`,
    );
    const transport = new SshTransport(() => ({ host: "node-1" }), { ...options, keyFiles: [] });
    expect((await transport.run("node-1", { ...ask(["echo", "in"]), sudo: false })).stdout).toBe("in\n");
    expect(await readFile(join(server.folder, "known_hosts"), "utf8")).toContain(server.hostKey.base64);
    await transport.close();
    await server.stop();
  });
});
