import { readFile } from "node:fs/promises";
import { join } from "node:path";
import ssh2 from "ssh2";
import SSHConfig from "ssh-config";
import { UserError } from "../../support/errors.ts";
import type { Address } from "./known-hosts.ts";
import type { SshOptions, Target } from "./options.ts";

/** How to get into one machine. */
export interface Login extends Address {
  readonly user: string;
  /** In the order of trying. */
  readonly methods: readonly LoginMethod[];
  /** For the message when all fail: what was left out and why. */
  readonly skipped: readonly string[];
}

export type LoginMethod =
  | { readonly kind: "key"; readonly path: string; readonly key: Buffer }
  | { readonly kind: "agent"; readonly socket: string };

const USUAL_KEYS = ["id_ed25519", "id_ecdsa", "id_rsa"];

/**
 * Fills in a target from ~/.ssh/config (HostName, Port, User, IdentityFile) and finds the keys to try:
 * those named first, as a server allows few attempts, then the agent's, then the usual files.
 *
 * Throws SSH_PROXY_UNSUPPORTED where the configuration asks for a jump host, SSH_KEY_UNREADABLE, SSH_CONFIG.
 */
export async function resolveLogin(machine: string, target: Target, options: SshOptions): Promise<Login> {
  const configured = await readConfig(target.host, options.home);
  if (configured.proxy) {
    throw new UserError(
      "SSH_PROXY_UNSUPPORTED",
      `~/.ssh/config reaches ${machine} (${target.host}) through ${configured.proxy}, which is not supported yet`,
      "run this command on the jump host, or give the machine an address that is reached directly",
    );
  }
  const methods: LoginMethod[] = [];
  const skipped: string[] = [];
  const add = async (path: string, isRequired: boolean): Promise<void> => {
    const found = await readKey(path, isRequired);
    if (Buffer.isBuffer(found)) methods.push({ kind: "key", path, key: found });
    else if (found) skipped.push(found);
  };
  for (const path of options.keyFiles) await add(path, true);
  for (const path of configured.identityFiles) await add(path, false);
  if (options.agent) methods.push({ kind: "agent", socket: options.agent });
  for (const name of USUAL_KEYS) await add(join(options.home, ".ssh", name), false);
  return {
    host: configured.hostName ?? target.host,
    port: target.port ?? configured.port ?? 22,
    user: target.user ?? configured.user ?? "root",
    methods,
    skipped,
  };
}

interface Configured {
  readonly hostName?: string;
  readonly port?: number;
  readonly user?: string;
  readonly proxy?: string;
  readonly identityFiles: readonly string[];
}

async function readConfig(host: string, home: string): Promise<Configured> {
  const path = join(home, ".ssh", "config");
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return { identityFiles: [] };
    throw new UserError("SSH_CONFIG", `${path} cannot be read`, "correct its owner or mode", {
      cause: error,
    });
  }
  // matchExec: a configuration file shall not run programs on the way to a machine's address.
  const found = SSHConfig.parse(text).compute(host, { ignoreCase: true, matchExec: false });
  const one = (key: string): string | undefined => [found[key] ?? []].flat()[0];
  const port = one("port");
  const proxy = [one("proxyjump"), one("proxycommand")].find((value) => value && value !== "none");
  return {
    ...optional("hostName", one("hostname")?.replaceAll("%h", host)),
    ...optional("port", port === undefined ? undefined : Number(port)),
    ...optional("user", one("user")),
    ...optional("proxy", proxy),
    identityFiles: [found["identityfile"] ?? []].flat().map((file) => file.replace(/^(~|%d)(?=\/)/, home)),
  };
}

function optional<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [P in K]?: V });
}

/** The key; why it is left out; or undefined where there is no such file and none is required. */
async function readKey(path: string, isRequired: boolean): Promise<Buffer | string | undefined> {
  let key: Buffer;
  try {
    key = await readFile(path);
  } catch (error) {
    if (!isRequired) return undefined;
    throw new UserError(
      "SSH_KEY_UNREADABLE",
      `the key file ${path} cannot be read`,
      "name a private key that is there and yours",
      { cause: error },
    );
  }
  const parsed = ssh2.utils.parseKey(key);
  if (!(parsed instanceof Error)) return key;
  return /passphrase|encrypted/i.test(parsed.message)
    ? `${path} (has a passphrase: ssh-add it)`
    : `${path} (not a private key)`;
}
