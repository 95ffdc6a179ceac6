import { inspect } from "node:util";
import type { Env } from "../../support/env.ts";
import { UserError } from "../../support/errors.ts";
import type { SecretRef } from "../../support/placeholder.ts";
import { Secret } from "../../support/secret.ts";
import { type ClusterPaths, clusterPaths } from "../disk/cluster-paths.ts";
import { makePrivateDirectory, replaceFile } from "../disk/replace-file.ts";
import type { SecretRequest } from "../services/service.ts";
import {
  type Entry,
  type EntryFacts,
  inOrderOfMaking,
  knowing,
  nextVersion,
  type StoredRequest,
  versionOf,
} from "./entry.ts";
import { createKey, type Environment, keyFilePath, readKey } from "./key-file.ts";
import { makeEntry, pairValues } from "./make-entry.ts";
import { markDue } from "./mark-due.ts";
import { readOperatorCertificate } from "./operator-certificate.ts";
import { isIssuedBy, type KeyPair } from "./pki.ts";
import { openSealed, readSealed, sealEntries, type VaultContent } from "./vault-file.ts";
import { readVersionsFile, writeVersionsFile } from "./versions.ts";

export interface VaultOptions {
  /** The project: where the cluster's file is. */
  readonly directory: string;
  readonly cluster: string;
  readonly env: Pick<Env, "now">;
  /** Of this process: says where the key is. */
  readonly environment: Environment;
  /** Makes key and vault where there are none yet. Without it their absence is VAULT_MISSING. */
  readonly create?: boolean;
}

/** What hands out secrets: the vault, or made-up values for a check that puts nothing on a machine. */
export interface SecretStore {
  /** Secret name to version. */
  versions(): ReadonlyMap<string, string>;
  /** Throws SECRET_MISSING, or SECRET_VERSION when the reference names another version than there is. */
  reveal(ref: SecretRef): Secret;
}

/** Opens the vault of a cluster. Every fault of file or key is a UserError VAULT_* that says what to do. */
export async function openVault(options: VaultOptions): Promise<Vault> {
  const paths = clusterPaths(options.directory, options.cluster);
  const keyPath = keyFilePath(options.cluster, options.environment);
  const sealed = await readSealed(paths.vault);
  const key = await readKey(keyPath);
  if (sealed !== undefined) {
    if (!key) throw missingKey(paths.vault, keyPath);
    const content = await openSealed(sealed, key, { path: paths.vault, keyPath, cluster: options.cluster });
    return new Vault(options, paths, key, sealed, content);
  }
  await refuseToForget(paths);
  if (!options.create) {
    throw new UserError(
      "VAULT_MISSING",
      `there is no vault at ${paths.vault}`,
      "run mbctl apply, which makes it",
    );
  }
  return new Vault(options, paths, key ?? (await createKey(keyPath, options.env.now())), undefined, {
    entries: new Map(),
    successors: new Map(),
  });
}

/** The secrets of one cluster: made once, kept encrypted, added to and never changed by an upgrade. */
export class Vault implements SecretStore {
  readonly #options: VaultOptions;
  readonly #paths: ClusterPaths;
  readonly #key: string;
  /** The file as it was read or written last; undefined before the first writing. */
  #sealed: string | undefined;
  #entries: Map<string, Entry>;
  readonly #values: Values = new Map();
  /** By request: what a rotation puts in the place of an entry once every machine has it. */
  readonly #successors: Map<string, Entry>;
  readonly #successorValues: Values = new Map();

  constructor(
    options: VaultOptions,
    paths: ClusterPaths,
    key: string,
    sealed: string | undefined,
    { entries, successors }: VaultContent,
  ) {
    this.#options = options;
    this.#paths = paths;
    this.#key = key;
    this.#sealed = sealed;
    this.#entries = new Map(markDue({ entries, successors }));
    this.#successors = new Map(successors);
    for (const entry of entries.values()) this.#hold(entry.version, entry.values);
    for (const entry of successors.values()) hold(this.#successorValues, entry);
  }

  /**
   * Makes what `requests` ask for and the vault does not hold, makes certificates anew whose names changed, whose end
   * is near or which nobody trusts, and reads the operator's own files. Returns the names of the requests made now.
   *
   * Without `keep` nothing is written: for a dry run, which has to know what the files will hold.
   */
  async ensure(
    requests: readonly SecretRequest[],
    { keep = true }: { readonly keep?: boolean } = {},
  ): Promise<readonly string[]> {
    const made: string[] = [];
    for (const request of inOrderOfMaking(requests)) {
      if (request.kind === "files") {
        const { version, ...pair } = await readOperatorCertificate(
          request,
          this.#options.directory,
          this.#now(),
        );
        this.#hold(version, pairValues(request.name, pair));
        continue;
      }
      const stored = this.#facts(request.name);
      const version = versionOf(request, stored, this.#now());
      if (stored?.version === version) continue;
      const entry = await makeEntry(request, {
        cluster: this.#options.cluster,
        version,
        now: this.#now(),
        authority: (name) => pairOf(name, this.#entries.get(name)),
      });
      this.#entries.set(request.name, entry);
      this.#hold(version, entry.values);
      made.push(request.name);
    }
    if (keep) await this.#save(made.length > 0);
    return made;
  }

  versions(): ReadonlyMap<string, string> {
    return new Map([...this.#values].map(([name, { version }]) => [name, version]));
  }

  reveal(ref: SecretRef): Secret {
    const held = this.#values.get(ref.name);
    if (held?.version === ref.version) return held.secret;
    const successor = this.#successorValues.get(ref.name);
    if (successor?.version === ref.version) return successor.secret;
    if (!held) {
      throw new UserError(
        "SECRET_MISSING",
        `the vault of ${this.#options.cluster} holds no secret ${JSON.stringify(ref.name)}`,
        "run the command on the cluster's file, so that what is missing is made",
      );
    }
    throw new UserError(
      "SECRET_VERSION",
      `the files were made for version ${ref.version} of ${ref.name}, and the vault holds version ${held.version}`,
      "synthesise again and run the command again",
    );
  }

  /**
   * Makes a successor of each of these secrets, beside what is there; one that an earlier attempt has kept is taken
   * again where it is of use. Nothing is written before keepSuccessors. Returns the version that each request's secrets
   * will have: the present one where `run` has made it the present one already.
   *
   * A certificate is issued by its authority's successor only where the authority is among the requests: otherwise
   * nobody will trust that one.
   */
  async prepareSuccessors(
    requests: readonly StoredRequest[],
    run: string,
  ): Promise<ReadonlyMap<string, string>> {
    const versions = new Map<string, string>();
    const rotates = new Set(requests.map(({ name }) => name));
    const authority = (name: string): KeyPair =>
      pairOf(name, (rotates.has(name) ? this.#successors.get(name) : undefined) ?? this.#entries.get(name));
    for (const request of inOrderOfMaking(requests) as readonly StoredRequest[]) {
      const present = this.#prepared(request, run, authority);
      const version = present?.version ?? nextVersion(this.#facts(request.name));
      versions.set(request.name, version);
      if (present) continue;
      const now = this.#now();
      const entry = await makeEntry(request, { cluster: this.#options.cluster, version, now, authority });
      this.#successors.set(request.name, entry);
      hold(this.#successorValues, entry);
    }
    return versions;
  }

  /** Whether the successors that `run` goes by are in the file. */
  hasKept(names: readonly string[], run: string): boolean {
    return names.every((name) => (this.#successors.get(name) ?? this.#entries.get(name))?.run === run);
  }

  /** Writes the successors into the file, for `run`: from then on they may be put on machines. */
  async keepSuccessors(names: readonly string[], run: string): Promise<void> {
    for (const name of names) {
      const entry = this.#successors.get(name);
      if (entry) this.#successors.set(name, { ...entry, run });
    }
    await this.#save(true);
  }

  /** Puts the successors in the place of what was there, which is gone then. */
  async adoptSuccessors(names: readonly string[]): Promise<void> {
    for (const name of names) {
      const entry = this.#successors.get(name);
      if (!entry) continue;
      this.#entries.set(name, knowing(entry, this.#entries.get(name)?.version));
      this.#hold(entry.version, entry.values);
      this.#successors.delete(name);
      for (const value of Object.keys(entry.values)) this.#successorValues.delete(value);
    }
    this.#entries = new Map(markDue({ entries: this.#entries, successors: this.#successors }));
    await this.#save(true);
  }

  toJSON(): string {
    return "***";
  }

  [inspect.custom](): string {
    return `Vault(${this.#options.cluster}, ${this.#values.size} secrets, ***)`;
  }

  #now(): number {
    return this.#options.env.now();
  }

  #hold(version: string, values: Readonly<Record<string, string>>): void {
    hold(this.#values, { version, values });
  }

  /** What a run that rotates goes by: what it has adopted, or a successor that is of use to it. */
  #prepared(request: StoredRequest, run: string, authority: (name: string) => KeyPair): Entry | undefined {
    const stored = this.#entries.get(request.name);
    if (stored?.run === run) return stored;
    const kept = this.#successors.get(request.name);
    if (!kept) return undefined;
    // Its names may be gone or its end near, as those of what was there then. The run that has put it goes on with it.
    const isBehind = kept.run !== run && Number(kept.version) <= Number(stored?.version ?? 0);
    const isTrusted =
      request.kind !== "certificate" ||
      isIssuedBy(kept.values[`${request.name}.crt`]!, authority(request.authority).certificate);
    return isBehind || !isTrusted ? undefined : kept;
  }

  /** What versions.json says of an entry: its successor's version is given too. */
  #facts(name: string): EntryFacts | undefined {
    const stored = this.#entries.get(name);
    if (!stored) return undefined;
    const { values: _, run: __, ...facts } = stored;
    return knowing(facts, this.#successors.get(name)?.version);
  }

  /** The vault first: versions.json that is behind is mended by the next run, one that is ahead would name nothing. */
  async #save(isChanged: boolean): Promise<void> {
    if (isChanged || this.#sealed === undefined) {
      await makePrivateDirectory(this.#paths.directory);
      await this.#refuseToOverwriteAnother();
      const sealed = await sealEntries(
        this.#options.cluster,
        { entries: this.#entries, successors: this.#successors },
        this.#key,
      );
      await replaceFile(this.#paths.vault, sealed, 0o600);
      this.#sealed = sealed;
    }
    const facts = new Map([...this.#entries.keys()].map((name) => [name, this.#facts(name)!]));
    await writeVersionsFile(this.#paths.versions, facts);
  }

  /** Whether nobody else has written the file since this one read or wrote it. */
  async isCurrent(): Promise<boolean> {
    return (await readSealed(this.#paths.vault)) === this.#sealed;
  }

  async #refuseToOverwriteAnother(): Promise<void> {
    if (await this.isCurrent()) return;
    throw new UserError(
      "VAULT_CHANGED",
      `the vault ${this.#paths.vault} was changed by another run in the meantime`,
      "wait until that run has ended and run the command again",
    );
  }
}

type Values = Map<string, { readonly version: string; readonly secret: Secret }>;

function hold(into: Values, { version, values }: Pick<Entry, "version" | "values">): void {
  for (const [name, text] of Object.entries(values)) into.set(name, { version, secret: new Secret(text) });
}

function pairOf(name: string, entry: Entry | undefined): KeyPair {
  if (entry?.kind !== "authority") throw new Error(`no request makes the authority ${name}`);
  return { key: entry.values[`${name}.key`]!, certificate: entry.values[`${name}.crt`]! };
}

function missingKey(path: string, keyPath: string): UserError {
  return new UserError(
    "VAULT_KEY_MISSING",
    `the vault ${path} is encrypted and its key ${keyPath} is not there`,
    "put the key back from its backup, or name its file in MAILBASTION_KEY_FILE",
  );
}

/** New secrets for a cluster that runs with the old ones would lock its members out of each other. */
async function refuseToForget(paths: ClusterPaths): Promise<void> {
  const known = await readVersionsFile(paths.versions);
  if (!known || known.size === 0) return;
  throw new UserError(
    "VAULT_LOST",
    `${paths.versions} lists ${known.size} secrets, and the vault ${paths.vault} that held them is not there`,
    "put the vault back from its backup; only for a cluster that was never deployed, delete versions.json as well",
  );
}
