import { readFile } from "node:fs/promises";
import { join } from "node:path";
import SSHConfig from "ssh-config";
import { UserError } from "../../support/errors.ts";
import type { Hop } from "./options.ts";

/** What ~/.ssh/config says of one host. */
export interface Configured {
  readonly hostName?: string;
  readonly port?: number;
  readonly user?: string;
  /** Nearest first; empty for "none"; absent where nothing is said. */
  readonly jump?: readonly Hop[];
  readonly proxyCommand?: string;
  readonly identityFiles: readonly string[];
}

/** A person's ~/.ssh/config, read once and asked about many hosts. */
export class SshConfigFile {
  readonly #home: string;
  readonly #config: SSHConfig | undefined;

  private constructor(home: string, config: SSHConfig | undefined) {
    this.#home = home;
    this.#config = config;
  }

  /** One that is not there says nothing. Throws SSH_CONFIG. */
  static async read(home: string): Promise<SshConfigFile> {
    const path = join(home, ".ssh", "config");
    let text: string;
    try {
      text = await readFile(path, "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return new SshConfigFile(home, undefined);
      throw unreadable(`${path} cannot be read`, error);
    }
    return new SshConfigFile(home, SSHConfig.parse(text));
  }

  /** HostName, Port, User, ProxyJump, ProxyCommand and IdentityFile of a host. See ssh_config(5). Throws SSH_CONFIG. */
  of(host: string): Configured {
    if (!this.#config) return { identityFiles: [] };
    // matchExec: a configuration file shall not run programs on the way to a machine's address.
    const found = this.#config.compute(host, { ignoreCase: true, matchExec: false });
    const one = (key: string): string | undefined => [found[key] ?? []].flat()[0];
    const port = one("port");
    const hostName = one("hostname")?.replaceAll("%h", host);
    const user = one("user");
    const jump = one("proxyjump");
    const proxyCommand = one("proxycommand");
    return {
      ...(hostName !== undefined && { hostName }),
      ...(port !== undefined && { port: Number(port) }),
      ...(user !== undefined && { user }),
      ...(jump !== undefined && { jump: jumps(jump, host) }),
      ...(proxyCommand !== undefined && proxyCommand !== "none" && { proxyCommand }),
      identityFiles: [found["identityfile"] ?? []]
        .flat()
        .map((file) => file.replace(/^(~|%d)(?=\/)/, this.#home)),
    };
  }
}

/** "user@host:port,ssh://[::1]:22", or "none". */
function jumps(text: string, host: string): readonly Hop[] {
  if (text === "none") return [];
  return text.split(",").map((part) => {
    const [, user, bracketed, plain, port] =
      /^(?:ssh:\/\/)?(?:(.+)@)?(?:\[([^\]]+)\]|([^:[\]@/]+))(?::(\d{1,5}))?$/.exec(part.trim()) ?? [];
    const name = bracketed ?? plain;
    if (name === undefined) {
      throw unreadable(
        `~/.ssh/config names ${JSON.stringify(part)} as a jump host of ${host}, which is not user@host:port`,
      );
    }
    return {
      host: name,
      ...(user !== undefined && { user }),
      ...(port !== undefined && { port: Number(port) }),
    };
  });
}

function unreadable(message: string, cause?: unknown): UserError {
  return new UserError("SSH_CONFIG", message, "correct the file, its owner or its mode", { cause });
}
