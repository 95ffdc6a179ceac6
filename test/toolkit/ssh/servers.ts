import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createConnection, createServer, type Socket } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import ssh2, { type Connection, type ServerChannel, type Session } from "ssh2";
import { freePorts } from "../../../demo/embedded/free-ports.ts";
import { connectOnce } from "./wait-for-port.ts";
import type { HostKey } from "../../../src/toolkit/ssh/host-key.ts";
import {
  DEFAULT_LIMITS,
  type SshLimits,
  type SshOptions,
  type Hop,
} from "../../../src/toolkit/ssh/options.ts";

/** An SSH server on loopback, and what a client needs to get in. */
export interface TestServer {
  readonly target: Required<Hop>;
  readonly hostKey: HostKey;
  /** A folder of its own, removed at the end; `home` for the client. */
  readonly folder: string;
  readonly keyFile: string;
  /** Connections that are open; of a server in this process. */
  sockets(): number;
  stop(): Promise<void>;
}

/** What an in-process server does, where it is not the honest thing. */
export interface Behaviour {
  /** Never says a word. */
  readonly mute?: boolean;
  readonly letsIn?: boolean;
  readonly hostKeys?: readonly string[];
  /** Answers an exec request instead of running it in a shell. */
  readonly exec?: (channel: ServerChannel, commandLine: string, connection: Connection) => void;
  /** Takes the request for a channel and never answers. */
  readonly stallsChannels?: boolean;
  readonly refusesChannels?: boolean;
  /** Whether it forwards connections, as a jump host; without it the question is refused by ssh2. */
  readonly forwards?: true | "stall";
  readonly onConnection?: (connection: Connection) => void;
}

export interface TestKey {
  /** The private key, as OpenSSH writes it. */
  readonly private: string;
  readonly key: HostKey;
}

/** A throwaway key pair. By ssh-keygen: one in a hundred that ssh2 generates cannot be read back. */
export function generateKey(type: "ed25519" | "rsa" = "ed25519"): TestKey {
  const folder = mkdtempSync(join(tmpdir(), "mailbastion-key-"));
  const file = join(folder, "key");
  execFileSync("ssh-keygen", ["-q", "-t", type, "-N", "", "-C", "", "-f", file]);
  const [keyType, base64] = readFileSync(`${file}.pub`, "utf8").trim().split(" ");
  const pair = { private: readFileSync(file, "utf8"), key: { type: keyType!, base64: base64! } };
  rmSync(folder, { recursive: true });
  return pair;
}

/** A server inside this process that runs what it is told in a real `sh`, or misbehaves. */
export async function startServer(behaviour: Behaviour = {}): Promise<TestServer> {
  const folder = await mkdtemp(join(tmpdir(), "mailbastion-ssh-"));
  const login = generateKey();
  const keyFile = join(folder, "login-key");
  await writeFile(keyFile, login.private, { mode: 0o600 });
  const host = generateKey();
  const sockets = new Set<Socket>();
  const shells: ChildProcess[] = [];
  const ssh = new ssh2.Server({ hostKeys: [...(behaviour.hostKeys ?? [host.private])] }, (connection) => {
    connection.on("error", () => undefined);
    behaviour.onConnection?.(connection);
    connection.on("authentication", (context) => {
      const isOurs =
        context.method === "publickey" &&
        behaviour.letsIn !== false &&
        context.key.data.toString("base64") === login.key.base64;
      if (isOurs) context.accept();
      else context.reject(["publickey"]);
    });
    if (behaviour.forwards)
      connection.on("tcpip", (accept, refuse, { destIP, destPort }) => {
        if (behaviour.forwards === "stall") return;
        const socket = createConnection({ host: destIP, port: destPort });
        socket.on("error", () => refuse());
        socket.on("connect", () => {
          const channel = accept();
          channel.on("error", () => undefined);
          socket.pipe(channel).pipe(socket);
          channel.on("close", () => socket.destroy());
          socket.on("close", () => channel.destroy());
        });
      });
    connection.on("session", (accept, refuse) => serve({ accept, refuse }, behaviour, connection, shells));
  });
  const listener = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => undefined);
    if (!behaviour.mute) ssh.injectSocket(socket);
  });
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  const { port } = listener.address() as { port: number };
  return {
    target: { host: "127.0.0.1", port, user: "root" },
    hostKey: host.key,
    folder,
    keyFile,
    sockets: () => sockets.size,
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      shells.forEach(endGroup);
      listener.close();
      await rm(folder, { recursive: true });
    },
  };
}

function serve(
  session: { readonly accept: () => Session; readonly refuse: () => void },
  behaviour: Behaviour,
  connection: Connection,
  shells: ChildProcess[],
): void {
  if (behaviour.stallsChannels) return;
  if (behaviour.refusesChannels) return session.refuse();
  session.accept().on("exec", (acceptExec, _refuse, info) => {
    const channel = acceptExec();
    channel.on("error", () => undefined);
    if (behaviour.exec) behaviour.exec(channel, info.command, connection);
    else shells.push(runInShell(channel, info.command));
  });
}

/** Runs a command line as a process group of its own, which ends with the channel, as under a real server. */
function runInShell(channel: ServerChannel, commandLine: string): ChildProcess {
  const shell = spawn("/bin/sh", ["-c", commandLine], { detached: true });
  shell.stdin.on("error", () => undefined);
  channel.pipe(shell.stdin);
  shell.stdout.pipe(channel, { end: false });
  shell.stderr.pipe(channel.stderr, { end: false });
  channel.on("close", () => endGroup(shell));
  shell.on("close", (code) => {
    channel.exit(code ?? 255);
    channel.end();
  });
  return shell;
}

function endGroup(shell: ChildProcess): void {
  if (shell.exitCode === null && shell.signalCode === null) process.kill(-shell.pid!, "SIGKILL");
}

/** Debian's own server: on the PATH of root, which a person's PATH need not hold. */
export function findSshd(): string | undefined {
  const folders = [...(process.env["PATH"] ?? "").split(":"), "/usr/sbin"];
  return folders.map((folder) => join(folder, "sshd")).find((path) => existsSync(path));
}

export interface SshdOptions {
  /** Program and arguments that run the server in other surroundings. */
  readonly prefix?: readonly string[];
  /** Whom the key lets in; default: the user who runs the tests. */
  readonly user?: string;
  /** More lines of sshd_config. */
  readonly config?: readonly string[];
}

/** A real OpenSSH server on a high port of loopback, with throwaway keys. */
export async function startSshd(sshd: string, options: SshdOptions = {}): Promise<TestServer> {
  const folder = await mkdtemp(join(tmpdir(), "mailbastion-sshd-"));
  await chmod(folder, 0o755);
  if (process.getuid?.() === 0) await mkdir("/run/sshd", { recursive: true });
  const [login, host] = [generateKey(), generateKey()];
  const at = (name: string): string => join(folder, name);
  await writeFile(at("login-key"), login.private, { mode: 0o600 });
  await writeFile(at("authorized_keys"), `${login.key.type} ${login.key.base64}\n`, { mode: 0o644 });
  await writeFile(at("host-key"), host.private, { mode: 0o600 });
  const port = (await freePorts(1))[0]!;
  const lines = [
    `ListenAddress 127.0.0.1:${port}`,
    `HostKey ${at("host-key")}`,
    `AuthorizedKeysFile ${at("authorized_keys")}`,
    `PidFile ${at("pid")}`,
    "StrictModes no",
    "UsePAM no",
    "PermitRootLogin yes",
    "PasswordAuthentication no",
    "KbdInteractiveAuthentication no",
    ...(options.config ?? []),
  ];
  await writeFile(at("sshd_config"), `${lines.join("\n")}\n`);
  const [program, ...args] = [...(options.prefix ?? []), sshd, "-D", "-e", "-f", at("sshd_config")];
  const server = spawn(program, args, { stdio: ["ignore", "ignore", "pipe"] });
  await untilListening(server, port);
  return {
    target: { host: "127.0.0.1", port, user: options.user ?? userInfo().username },
    hostKey: host.key,
    folder,
    keyFile: at("login-key"),
    sockets: () => NaN,
    stop: async () => {
      server.kill();
      // A command that outlives its connection may hold the pipe open, so that "close" would be late.
      await once(server, "exit");
      server.stderr.destroy();
      await rm(folder, { recursive: true });
    },
  };
}

async function untilListening(server: ChildProcess, port: number): Promise<void> {
  const said: string[] = [];
  server.stderr!.on("data", (chunk: Buffer) => said.push(chunk.toString()));
  while (!(await connectOnce(port))) {
    if (server.exitCode !== null) throw new Error(`sshd did not start: ${said.join("")}`);
  }
}

/** A client's options for a test server: its key, and a known_hosts file with its host key unless told otherwise. */
export async function optionsFor(
  server: TestServer,
  limits: Partial<SshLimits> = {},
  knownHosts?: string,
): Promise<SshOptions> {
  const file = join(server.folder, "known_hosts");
  const { host, port } = server.target;
  await writeFile(file, knownHosts ?? `[${host}]:${port} ${server.hostKey.type} ${server.hostKey.base64}\n`);
  return {
    keyFiles: [server.keyFile],
    knownHostsFiles: [file],
    home: server.folder,
    limits: { ...DEFAULT_LIMITS, ...limits },
  };
}
