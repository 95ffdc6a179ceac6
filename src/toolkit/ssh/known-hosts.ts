import { createHmac } from "node:crypto";
import type { HostKey } from "./host-key.ts";

/** A line of a known_hosts file, see sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT". Lines of authorities are not read. */
export interface KnownHost {
  readonly line: string;
  readonly isRevoked: boolean;
  /** The first field: patterns separated by commas, or one hashed name. */
  readonly hosts: string;
  readonly key: HostKey;
}

export interface Address {
  readonly host: string;
  readonly port: number;
}

export type Verdict =
  | { readonly kind: "known" }
  | { readonly kind: "unknown" }
  | { readonly kind: "revoked" }
  /** The host is known by other keys than the one it showed. */
  | { readonly kind: "changed"; readonly known: readonly HostKey[] };

/** Reads a known_hosts file. Lines that are not understood are left out, as OpenSSH does. */
export function parseKnownHosts(text: string): readonly KnownHost[] {
  return text.split("\n").flatMap((line) => {
    const fields = line.trim().split(/\s+/);
    const isRevoked = fields[0] === "@revoked";
    if (isRevoked) fields.shift();
    const [hosts, type, base64] = fields;
    if (!hosts || hosts.startsWith("#") || hosts.startsWith("@") || !type || !base64) return [];
    return [{ line, isRevoked, hosts, key: { type, base64 } }];
  });
}

/**
 * The entries of known_hosts files, to be asked about many hosts. A hashed name costs a hash for every host that is
 * looked for, so that hashed entries are only looked through where their key is the one shown, or nothing else is known.
 */
export class KnownHosts {
  readonly #entries: readonly KnownHost[];
  readonly #byKey: ReadonlyMap<string, readonly KnownHost[]>;
  readonly #byName: ReadonlyMap<string, readonly KnownHost[]>;
  readonly #patterns: readonly KnownHost[];

  constructor(entries: readonly KnownHost[]) {
    this.#entries = entries;
    this.#byKey = Map.groupBy(entries, ({ key }) => key.base64);
    this.#byName = Map.groupBy(
      entries.filter(({ hosts }) => PLAIN.test(hosts)),
      ({ hosts }) => hosts.toLowerCase(),
    );
    this.#patterns = entries.filter(({ hosts }) => !PLAIN.test(hosts) && !isHashed(hosts));
  }

  /** What is known of a host's key. Any matching entry makes it known; a revoked one wins over all. */
  judge(address: Address, shown: HostKey): Verdict {
    const same = (this.#byKey.get(shown.base64) ?? []).filter((entry) => names(entry, address));
    if (same.some((entry) => entry.isRevoked)) return { kind: "revoked" };
    if (same.length > 0) return { kind: "known" };
    const known = this.#entries.filter((entry) => !entry.isRevoked && names(entry, address));
    return known.length > 0 ? { kind: "changed", known: known.map(({ key }) => key) } : { kind: "unknown" };
  }

  /** The types of the keys by which a host is known, to ask it for one of these: the hashed ones where there are no others. */
  types(address: Address): readonly string[] {
    const open = [
      ...(this.#byName.get(hostField(address)) ?? []),
      ...this.#patterns.filter((entry) => names(entry, address)),
    ].filter(({ isRevoked }) => !isRevoked);
    const found =
      open.length > 0
        ? open
        : this.#entries.filter((entry) => isHashed(entry.hosts) && !entry.isRevoked && names(entry, address));
    return [...new Set(found.map(({ key }) => key.type))];
  }
}

/** One name without wildcards, as `mbctl trust` and ssh write it. */
const PLAIN = /^[^|!*?,]+$/;

function isHashed(hosts: string): boolean {
  return hosts.startsWith("|");
}

/** Whether an entry is about this address. */
export function names(entry: KnownHost, address: Address): boolean {
  const name = hostField(address);
  if (isHashed(entry.hosts)) return isHashOf(entry.hosts, name);
  const patterns = entry.hosts.split(",");
  const matches = (pattern: string): boolean => wildcard(pattern).test(name);
  if (patterns.some((pattern) => pattern.startsWith("!") && matches(pattern.slice(1)))) return false;
  return patterns.some((pattern) => !pattern.startsWith("!") && matches(pattern));
}

/** How an address stands in the file: the port only where it is not 22. */
export function hostField(address: Address): string {
  const host = address.host.toLowerCase();
  return address.port === 22 ? host : `[${host}]:${address.port}`;
}

/** "|1|salt|hash": HMAC-SHA1 of the name under the salt, both base64. */
function isHashOf(field: string, name: string): boolean {
  const [, scheme, salt, hash] = field.split("|");
  if (scheme !== "1" || !salt || !hash) return false;
  return createHmac("sha1", Buffer.from(salt, "base64")).update(name).digest("base64") === hash;
}

function wildcard(pattern: string): RegExp {
  const source = pattern
    .toLowerCase()
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`);
}
