import { existsSync, readFileSync } from "node:fs";
import { cp, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { clusterPaths } from "../../../../src/toolkit/disk/cluster-paths.ts";
import { openTarget, type Target } from "../../../../src/toolkit/project/target.ts";
import { makeAuthority, makeCertificate, type KeyPair } from "../../../../src/toolkit/vault/pki.ts";
import type { TestServer } from "../../ssh/servers.ts";
import { certificate } from "../../vault/fixtures.ts";

const MBCTL = fileURLToPath(new URL("../../../../bin/mbctl.js", import.meta.url));
/** Kept between runs, as a person's own is: to compile all anew takes most of a command's time. */
const COMPILED = fileURLToPath(new URL("../../../../.cache/compiled", import.meta.url));
const CLUSTER = "acme";

/** A program that was started. No exit code where a signal ended it. */
export interface Typed {
  readonly pid: number;
  readonly ended: Promise<{ readonly exitCode: number | undefined; readonly said: string }>;
}

/**
 * Where mbctl is typed: folders of one project, each with its description and the host keys that are trusted. The home of
 * the person is the same everywhere, and holds the certificate for clients.
 */
export class Workstations {
  readonly #folder: string;
  /** By the machines' names, in the order of the description. */
  readonly #servers: ReadonlyMap<string, TestServer>;
  /** Who types. */
  user = "eve";
  #last: string | undefined;

  constructor(folder: string, servers: ReadonlyMap<string, TestServer>) {
    this.#folder = folder;
    this.#servers = servers;
  }

  /** The folder of a workstation's project. */
  folderOf(workstation: string): string {
    return join(this.#folder, workstation);
  }

  get #environment(): { readonly HOME: string } {
    return { HOME: this.#folder };
  }

  /** What a command on this workstation works on. */
  async target(workstation: string): Promise<Target> {
    return openTarget({ file: await this.#project(workstation) }, this.#environment);
  }

  /** A program of its own. The vault is brought from where the one before it was typed. */
  async mbctl(workstation: string, ...args: readonly string[]): Promise<Typed> {
    const file = await this.#project(workstation);
    await this.#bringVault(workstation);
    const identities = [...this.#servers.values()].flatMap(({ keyFile }) => ["--identity", keyFile]);
    const running = execa(process.execPath, [MBCTL, ...args, "--file", file, ...identities], {
      cwd: this.folderOf(workstation),
      reject: false,
      all: true,
      extendEnv: false,
      env: {
        ...this.#environment,
        PATH: process.env["PATH"]!,
        USER: this.user,
        NODE_COMPILE_CACHE: COMPILED,
      },
    });
    const ended = running.then(({ exitCode, all }) => ({ exitCode, said: all }));
    return { pid: running.pid!, ended };
  }

  async #bringVault(workstation: string): Promise<void> {
    const from = this.#last ?? workstation;
    this.#last = workstation;
    if (from === workstation) return;
    const [theirs, ours] = [from, workstation].map((name) => clusterPaths(this.folderOf(name), CLUSTER));
    for (const kind of ["vault", "versions"] as const)
      if (existsSync(theirs![kind])) await cp(theirs![kind], ours![kind]);
  }

  /** The path of the description, in a folder with all that belongs to it. */
  async #project(workstation: string): Promise<string> {
    const folder = this.folderOf(workstation);
    const file = join(folder, "cluster.yaml");
    if (existsSync(file)) return file;
    const { directory, knownHosts } = clusterPaths(folder, CLUSTER);
    await mkdir(directory, { recursive: true });
    const known = [...this.#servers.values()].map(
      ({ target: { host, port }, hostKey }) => `[${host}]:${port} ${hostKey.type} ${hostKey.base64}\n`,
    );
    await writeFile(knownHosts, known.join(""));
    const pair = await (forClients ??= makePair());
    await writeFile(this.folderOf("mail.crt"), pair.certificate);
    await writeFile(this.folderOf("mail.key"), pair.key, { mode: 0o600 });
    await writeFile(file, this.#description());
    return file;
  }

  /** The example; machines beyond its own have no part in balancing and storage. */
  #description(): string {
    const example = readFileSync("examples/three-machines.yaml", "utf8").trimEnd();
    let text = example.replace("name: acme", "name: acme\nplatform: { kind: hosts }");
    for (const [name, { target }] of this.#servers) {
      const login = `ssh: { host: ${target.host}, port: ${target.port}, user: ${target.user} }`;
      if (text.includes(`${name}:`))
        text = text.replace(new RegExp(`(${name}:.*?)roles:`), `$1${login}, roles:`);
      else
        text += `\n  ${name}: { address: 192.168.1.10${name.at(-1)}, ${login}, roles: [mail, database, cache] }`;
    }
    return `${text}\ntls: { public: { certificateFile: ${this.folderOf("mail.crt")}, keyFile: ${this.folderOf("mail.key")} } }\n`;
  }
}

let forClients: Promise<KeyPair> | undefined;

async function makePair(): Promise<KeyPair> {
  const now = Date.now();
  return makeCertificate(certificate, await makeAuthority("Some public authority", now), now);
}
