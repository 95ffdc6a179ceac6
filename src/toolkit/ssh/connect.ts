import { createConnection, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import ssh2, { type AnyAuthMethod, type AuthMethod, type Client, type ServerHostKeyAlgorithm } from "ssh2";
import { UserError } from "../../support/errors.ts";
import {
  authenticationFailed,
  connectionFailed,
  hostKeyChanged,
  hostKeyRevoked,
  hostKeyUnknown,
} from "./errors.ts";
import { type HostKey, hostKeyAlgorithms, hostKeyFrom } from "./host-key.ts";
import { type Address, judge, type KnownHost, knownTypes } from "./known-hosts.ts";
import { readKnownHosts } from "./known-hosts-file.ts";
import type { Login, LoginMethod } from "./login.ts";
import { DEFAULT_LIMITS, type SshOptions, type Target } from "./options.ts";

/** A server with too many logins at a time drops new ones before their handshake. */
const ATTEMPTS = 3;
const PAUSE_MS = 400;

/** A login that succeeded, and the socket beneath it. */
export interface Session {
  readonly client: Client;
  readonly socket: Socket;
}

/**
 * Logs in to a machine, after proof of its host key. Throws the SSH_* error that says why not.
 *
 * Only a connection that is dropped before its handshake is tried again; a wrong key stops at once.
 */
export async function connect(machine: string, login: Login, options: SshOptions): Promise<Session> {
  const entries = await readKnownHosts(options.knownHostsFiles);
  for (let attempt = 1; ; attempt++) {
    try {
      return await connectOnce(machine, login, options, entries);
    } catch (error) {
      const isDropped = error instanceof UserError && error.code === "SSH_LOST";
      if (!isDropped || attempt === ATTEMPTS) throw error;
      await sleep(PAUSE_MS * attempt);
    }
  }
}

function connectOnce(
  machine: string,
  login: Login,
  options: SshOptions,
  entries: readonly KnownHost[],
): Promise<Session> {
  let refused: UserError | undefined;
  const verify = (shown: HostKey): boolean => {
    refused = refusal(machine, login, shown, entries, options.knownHostsFiles);
    return refused === undefined;
  };
  return new Promise((resolve, reject) => {
    const client = new ssh2.Client();
    const socket = openSocket(login);
    client.on("ready", () => resolve({ client, socket }));
    client.on("error", (error: Error & { level?: string }) => {
      // An agent that is gone is no more than one method less; ssh2 goes on with the next.
      if (error.level === "agent") return;
      const isRefusedLogin =
        error.level === "client-authentication" || /authentication fail/i.test(error.message);
      if (isRefusedLogin) reject(authenticationFailed(machine, login, login.user, tried(login)));
      else reject(refused ?? connectionFailed(machine, login, error));
      socket.destroy();
    });
    client.on("close", () =>
      reject(refused ?? connectionFailed(machine, login, new Error("connection closed before the login"))),
    );
    client.connect({
      sock: socket,
      username: login.user,
      readyTimeout: options.limits.connectTimeoutMs,
      keepaliveInterval: options.limits.keepAliveMs,
      keepaliveCountMax: 3,
      algorithms: {
        serverHostKey: hostKeyAlgorithms(knownTypes(entries, login)) as ServerHostKeyAlgorithm[],
      },
      hostVerifier: (blob: Buffer) => verify(hostKeyFrom(blob)),
      authHandler: login.methods.map((method) => authMethod(method, login.user)),
    });
  });
}

/** Asks a machine for its host key, without a login; the first of the types that OpenSSH prefers. */
export function fetchHostKey(machine: string, target: Target): Promise<HostKey> {
  const address: Address = { host: target.host, port: target.port ?? 22 };
  return new Promise((resolve, reject) => {
    const client = new ssh2.Client();
    const socket = openSocket(address);
    client.on("error", (error) => {
      reject(connectionFailed(machine, address, error));
      socket.destroy();
    });
    client.on("close", () =>
      reject(connectionFailed(machine, address, new Error("connection closed before it showed its key"))),
    );
    client.connect({
      sock: socket,
      username: "root",
      readyTimeout: DEFAULT_LIMITS.connectTimeoutMs,
      algorithms: { serverHostKey: hostKeyAlgorithms([]) as ServerHostKeyAlgorithm[] },
      hostVerifier: (blob: Buffer) => {
        resolve(hostKeyFrom(blob));
        return false;
      },
    });
  });
}

/** Says goodbye, and hangs up where the other end does not answer within a second. */
export async function disconnect({ client, socket }: Session): Promise<void> {
  if (socket.closed) return;
  const closed = new Promise((resolve) => socket.once("close", resolve));
  const timer = setTimeout(() => socket.destroy(), 1_000);
  client.end();
  await closed;
  clearTimeout(timer);
}

/** Our own, because ssh2 leaves a socket open that the other end has half closed. */
function openSocket(address: Address): Socket {
  return createConnection({ host: address.host, port: address.port, noDelay: true });
}

function refusal(
  machine: string,
  address: Address,
  shown: HostKey,
  entries: readonly KnownHost[],
  files: readonly string[],
): UserError | undefined {
  const verdict = judge(entries, address, shown);
  switch (verdict.kind) {
    case "known":
      return undefined;
    case "unknown":
      return hostKeyUnknown(machine, address, shown);
    case "revoked":
      return hostKeyRevoked(machine, address, shown);
    case "changed":
      return hostKeyChanged(machine, address, shown, verdict.known, files);
  }
}

function authMethod(method: LoginMethod, username: string): AuthMethod {
  const chosen: AnyAuthMethod =
    method.kind === "key"
      ? { type: "publickey", username, key: method.key }
      : { type: "agent", username, agent: method.socket };
  return chosen;
}

function tried(login: Login): readonly string[] {
  return [
    ...login.methods.map((method) => (method.kind === "key" ? method.path : "the agent")),
    ...login.skipped,
  ];
}
