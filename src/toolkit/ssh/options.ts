import { homedir } from "node:os";
import { join } from "node:path";
import type { Secret } from "../../support/secret.ts";
import { clusterPaths } from "../disk/cluster-paths.ts";

/** An SSH server, as the description names it. What is absent is taken from ~/.ssh/config, then OpenSSH's default. */
export interface Hop {
  readonly host: string;
  readonly port?: number;
  readonly user?: string;
}

/** A machine's SSH server, and the jump hosts on the way, the nearest first: none where the list is empty. */
export interface Target extends Hop {
  readonly jump?: readonly Hop[];
}

export interface SshOptions {
  /** Tried before the agent; one that cannot be read is an error. */
  readonly keyFiles: readonly string[];
  /** All are read; none is written. */
  readonly knownHostsFiles: readonly string[];
  /** The agent's socket. */
  readonly agent?: string;
  /** Where `.ssh/config` and the usual key files are. */
  readonly home: string;
  /**
   * Gives the password for sudo, where a machine asks for one; asked at most once. Without it, or where it gives none,
   * sudo must work without a password.
   */
  readonly sudoPassword?: () => Promise<Secret | undefined>;
  readonly limits: SshLimits;
}

export interface SshLimits {
  /** For TCP, key exchange and login together. */
  readonly connectTimeoutMs: number;
  readonly channelTimeoutMs: number;
  /** For commands that name no limit of their own. */
  readonly commandTimeoutMs: number;
  /** A silent connection is asked this often, and given up after three questions without an answer. */
  readonly keepAliveMs: number;
  /** Below 10: OpenSSH's MaxSessions refuses the eleventh. */
  readonly channelsPerConnection: number;
  /** Logins at a time at one server: OpenSSH's MaxStartups drops connections from the eleventh on. */
  readonly startsAtOnce: number;
  /** Of all servers together: firewalls count new connections. */
  readonly startsPerSecond: number;
  /** A command that prints more, on either stream, is stopped. */
  readonly maxOutputBytes: number;
}

export const DEFAULT_LIMITS: SshLimits = {
  connectTimeoutMs: 15_000,
  channelTimeoutMs: 15_000,
  commandTimeoutMs: 600_000,
  keepAliveMs: 5_000,
  channelsPerConnection: 8,
  startsAtOnce: 8,
  startsPerSecond: 50,
  maxOutputBytes: 16 * 1024 * 1024,
};

/** What OpenSSH's own client would use, with the project's known_hosts before the person's. */
export function sshOptions(
  project: string,
  cluster: string,
  environment: Readonly<Record<string, string | undefined>>,
  keyFiles: readonly string[] = [],
): SshOptions {
  const home = environment["HOME"] || homedir();
  const agent = environment["SSH_AUTH_SOCK"];
  return {
    keyFiles,
    knownHostsFiles: [clusterPaths(project, cluster).knownHosts, join(home, ".ssh", "known_hosts")],
    ...(agent ? { agent } : {}),
    home,
    limits: DEFAULT_LIMITS,
  };
}
