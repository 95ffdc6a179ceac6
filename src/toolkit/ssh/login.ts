import { readFile } from "node:fs/promises";
import { join } from "node:path";
import ssh2, { type ParsedKey } from "ssh2";
import { UserError } from "../../support/errors.ts";
import type { Address } from "./known-hosts.ts";
import type { Hop, SshOptions, Target } from "./options.ts";
import { type Configured, SshConfigFile } from "./ssh-config-file.ts";

/** How to get into one machine or jump host. */
export interface Login extends Address {
  /** For messages: a machine's name, or "jump host" and its name. */
  readonly label: string;
  readonly user: string;
  /** In the order of trying. */
  readonly methods: readonly LoginMethod[];
  /** For the message when all fail: what was left out and why. */
  readonly skipped: readonly string[];
}

export type LoginMethod =
  | { readonly kind: "key"; readonly path: string; readonly key: ParsedKey }
  | { readonly kind: "agent"; readonly socket: string };

/** A login and the jump hosts on the way to it, the nearest first. */
export interface Route {
  readonly hops: readonly Login[];
  readonly login: Login;
}

const USUAL_KEYS = ["id_ed25519", "id_ecdsa", "id_rsa"];

/** Finds the ways to machines. ~/.ssh/config and key files are read once, however many machines there are. */
export class Routes {
  readonly #options: SshOptions;
  readonly #keys = new Map<string, Promise<ParsedKey | string | undefined>>();
  #config: Promise<SshConfigFile> | undefined;

  constructor(options: SshOptions) {
    this.#options = options;
  }

  /**
   * Fills in a target from ~/.ssh/config (HostName, Port, User, IdentityFile, ProxyJump) and finds the keys to try:
   * those named first, as a server allows few attempts, then the agent's, then the usual files. A jump host is looked
   * up in the same way, and so may have a jump host of its own.
   *
   * Throws SSH_PROXY_UNSUPPORTED where the configuration asks for a program on the way, SSH_JUMP_LOOP,
   * SSH_KEY_UNREADABLE, SSH_CONFIG.
   */
  async to(machine: string, target: Target): Promise<Route> {
    return this.#route(machine, target, [nameOf(target)]);
  }

  /** `passed`: the hosts that this one is on the way to. */
  async #route(label: string, target: Target, passed: readonly string[]): Promise<Route> {
    const configured = (await (this.#config ??= SshConfigFile.read(this.#options.home))).of(target.host);
    const jump = target.jump ?? configured.jump ?? [];
    if (target.jump === undefined && jump.length === 0 && configured.proxyCommand !== undefined) {
      throw proxyUnsupported(label, target.host, configured.proxyCommand);
    }
    return {
      hops: isSelf(jump, target) ? [] : await this.#hops(jump, passed),
      login: await this.#login(label, target, configured),
    };
  }

  async #hops(jump: readonly Hop[], passed: readonly string[]): Promise<readonly Login[]> {
    const [first, ...others] = jump;
    if (!first) return [];
    const known = jump.map(nameOf);
    const again = known.find((name, index) => [...passed, ...known.slice(0, index)].includes(name));
    if (again !== undefined) throw loop(again, passed);
    // The nearest one may be behind another; those after it are reached from it.
    const nearest = await this.#route(`jump host ${first.host}`, first, [...passed, ...known]);
    const further = others.map((hop) => this.#route(`jump host ${hop.host}`, { ...hop, jump: [] }, passed));
    return [...nearest.hops, nearest.login, ...(await Promise.all(further)).map(({ login }) => login)];
  }

  async #login(label: string, target: Target, configured: Configured): Promise<Login> {
    const { agent, home, keyFiles } = this.#options;
    const methods: LoginMethod[] = [];
    const skipped: string[] = [];
    const add = async (path: string, isRequired: boolean): Promise<void> => {
      const key = this.#keys.get(path) ?? readKey(path);
      this.#keys.set(path, key);
      const found = await key;
      if (found === undefined && isRequired) throw keyUnreadable(path);
      if (typeof found === "string") skipped.push(found);
      else if (found) methods.push({ kind: "key", path, key: found });
    };
    for (const path of keyFiles) await add(path, true);
    for (const path of configured.identityFiles) await add(path, false);
    if (agent) methods.push({ kind: "agent", socket: agent });
    for (const name of USUAL_KEYS) await add(join(home, ".ssh", name), false);
    return {
      label,
      host: configured.hostName ?? target.host,
      port: target.port ?? configured.port ?? 22,
      user: target.user ?? configured.user ?? "root",
      methods,
      skipped,
    };
  }
}

/** "Host *" with a jump host is also said of the jump host itself, which OpenSSH takes for none. */
function isSelf([first, ...others]: readonly Hop[], target: Target): boolean {
  return first !== undefined && nameOf(first) === nameOf(target) && others.length === 0;
}

/** As somebody would type it. */
function nameOf({ user, host, port }: Hop): string {
  return `${user === undefined ? "" : `${user}@`}${host}${port === undefined ? "" : `:${port}`}`;
}

/** The key; why it is left out; or undefined where it cannot be read. */
async function readKey(path: string): Promise<ParsedKey | string | undefined> {
  let text: Buffer;
  try {
    text = await readFile(path);
  } catch {
    return undefined;
  }
  // One file may hold several keys, of which ssh2 also uses the first.
  const [parsed] = [ssh2.utils.parseKey(text) as Error | ParsedKey | ParsedKey[]].flat();
  if (parsed instanceof Error && /passphrase|encrypted/i.test(parsed.message))
    return `${path} (has a passphrase: ssh-add it)`;
  return !parsed || parsed instanceof Error || !parsed.isPrivateKey()
    ? `${path} (not a private key)`
    : parsed;
}

function keyUnreadable(path: string): UserError {
  return new UserError(
    "SSH_KEY_UNREADABLE",
    `the key file ${path} cannot be read`,
    "name a private key that is there and yours",
  );
}

function proxyUnsupported(label: string, host: string, program: string): UserError {
  return new UserError(
    "SSH_PROXY_UNSUPPORTED",
    `~/.ssh/config reaches ${label} (${host}) through the program ${program} (ProxyCommand), which is not supported`,
    "name jump hosts instead: ssh.jump in the cluster file, or ProxyJump in ~/.ssh/config",
  );
}

function loop(host: string, passed: readonly string[]): UserError {
  return new UserError(
    "SSH_JUMP_LOOP",
    `the way to ${passed[0]} leads through the jump host ${host} twice`,
    "correct ssh.jump in the cluster file, or ProxyJump in ~/.ssh/config",
  );
}
