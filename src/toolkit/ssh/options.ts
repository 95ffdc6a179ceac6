import { homedir } from "node:os";
import { join } from "node:path";
import { clusterPaths } from "../disk/cluster-paths.ts";

/** A machine's SSH server, as the description names it. What is absent is taken from ~/.ssh/config, then OpenSSH's default. */
export interface Target {
  readonly host: string;
  readonly port?: number;
  readonly user?: string;
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
  /** Logins at a time: OpenSSH's MaxStartups drops connections from the eleventh on. */
  readonly startsAtOnce: number;
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
