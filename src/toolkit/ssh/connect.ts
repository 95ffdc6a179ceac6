import { createConnection, Socket } from "node:net";
import type { Duplex } from "node:stream";
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
import type { Address, KnownHosts } from "./known-hosts.ts";
import type { Login, LoginMethod } from "./login.ts";
import type { SshOptions } from "./options.ts";

/** A server with too many logins at a time drops new ones before their handshake. */
const ATTEMPTS = 3;
const PAUSE_MS = 400;

/** A login that succeeded, and the stream beneath it. */
export interface Session {
  readonly client: Client;
  readonly stream: Duplex;
}

/** Opens a stream to a server: a socket, or a channel of a jump host's connection. */
export type Dial = (login: Address & { readonly label: string }) => Promise<Duplex>;

/** Our own socket, because ssh2 leaves one open that the other end has half closed, and one that waits to send more. */
export const dialDirectly: Dial = async ({ host, port }) => createConnection({ host, port, noDelay: true });

/**
 * Logs in to a machine or jump host, after proof of its host key. Throws the SSH_* error that says why not.
 *
 * Only a connection that is dropped before its handshake is tried again; a wrong key stops at once.
 */
export async function connect(
  login: Login,
  knownHosts: KnownHosts,
  options: SshOptions,
  dial: Dial = dialDirectly,
): Promise<Session> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await connectOnce(login, knownHosts, options, await dial(login));
    } catch (error) {
      const isDropped = error instanceof UserError && error.code === "SSH_LOST";
      if (!isDropped || attempt === ATTEMPTS) throw error;
      await sleep(PAUSE_MS * attempt);
    }
  }
}

function connectOnce(
  login: Login,
  knownHosts: KnownHosts,
  { knownHostsFiles, limits }: SshOptions,
  stream: Duplex,
): Promise<Session> {
  const { label } = login;
  let refused: UserError | undefined;
  const verify = (shown: HostKey): boolean => {
    refused = refusal(login, shown, knownHosts, knownHostsFiles);
    return refused === undefined;
  };
  return new Promise((resolve, reject) => {
    const client = new ssh2.Client();
    client.on("ready", () => resolve({ client, stream }));
    client.on("error", (error: Error & { level?: string }) => {
      // An agent that is gone is no more than one method less; ssh2 goes on with the next.
      if (error.level === "agent") return;
      const isRefusedLogin =
        error.level === "client-authentication" || /authentication fail/i.test(error.message);
      if (isRefusedLogin) reject(authenticationFailed(label, login, login.user, tried(login)));
      else reject(refused ?? connectionFailed(label, login, error));
      stream.destroy();
    });
    client.on("close", () =>
      reject(refused ?? connectionFailed(label, login, new Error("connection closed before the login"))),
    );
    client.connect({
      sock: stream,
      username: login.user,
      readyTimeout: limits.connectTimeoutMs,
      keepaliveInterval: limits.keepAliveMs,
      keepaliveCountMax: 3,
      algorithms: {
        serverHostKey: hostKeyAlgorithms(knownHosts.types(login)) as ServerHostKeyAlgorithm[],
      },
      hostVerifier: (blob: Buffer) => verify(hostKeyFrom(blob)),
      authHandler: login.methods.map((method) => authMethod(method, login.user)),
    });
  });
}

/** Asks a server for its host key, without a login; the first of the types that OpenSSH prefers. */
export async function fetchHostKey(
  place: Address & { readonly label: string },
  { limits }: Pick<SshOptions, "limits">,
  dial: Dial = dialDirectly,
): Promise<HostKey> {
  const { label } = place;
  const stream = await dial(place);
  return new Promise((resolve, reject) => {
    const client = new ssh2.Client();
    client.on("error", (error) => {
      reject(connectionFailed(label, place, error));
      stream.destroy();
    });
    client.on("close", () =>
      reject(connectionFailed(label, place, new Error("connection closed before it showed its key"))),
    );
    client.connect({
      sock: stream,
      username: "root",
      readyTimeout: limits.connectTimeoutMs,
      algorithms: { serverHostKey: hostKeyAlgorithms([]) as ServerHostKeyAlgorithm[] },
      hostVerifier: (blob: Buffer) => {
        resolve(hostKeyFrom(blob));
        return false;
      },
    });
  });
}

/** Says goodbye, and hangs up where the other end does not answer within a second. */
export async function disconnect({ client, stream }: Session): Promise<void> {
  if (stream.closed) return;
  // A way through a jump host ends with that one's connection, which is closed next.
  if (!(stream instanceof Socket)) return void client.end();
  const closed = new Promise((resolve) => stream.once("close", resolve));
  const timer = setTimeout(() => stream.destroy(), 1_000);
  client.end();
  await closed;
  clearTimeout(timer);
}

function refusal(
  login: Login,
  shown: HostKey,
  knownHosts: KnownHosts,
  files: readonly string[],
): UserError | undefined {
  const verdict = knownHosts.judge(login, shown);
  switch (verdict.kind) {
    case "known":
      return undefined;
    case "unknown":
      return hostKeyUnknown(login.label, login, shown);
    case "revoked":
      return hostKeyRevoked(login.label, login, shown);
    case "changed":
      return hostKeyChanged(login.label, login, shown, verdict.known, files);
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
