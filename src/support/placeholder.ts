/**
 * What a generated file holds in place of a value that is known only when the file is put on its machine.
 *
 * Two kinds: a secret (name and version, so that a rotation changes the file's hash) and a fact of the
 * machine, such as the interface that carries an address. Character rules of the specification keep "@@"
 * out of every value a person can write, so a placeholder cannot be forged.
 */
export interface SecretRef {
  /** Path-like name, "cache/password". */
  readonly name: string;
  /** Changes whenever the value does. */
  readonly version: string;
}

const PATTERN = /@@(secret|fact):([a-z0-9/._-]+)(?::([A-Za-z0-9]+))?@@/g;

export function secretPlaceholder(ref: SecretRef): string {
  return `@@secret:${ref.name}:${ref.version}@@`;
}

/** The interface of the machine that carries `address`; services never assume a name such as eth0. */
export function interfacePlaceholder(address: string): string {
  return `@@fact:interface/${address}@@`;
}

export interface Resolver {
  secret(ref: SecretRef): string;
  fact(name: string): string;
}

/** Replaces every placeholder of `text`; what the resolver throws passes through. */
export function resolvePlaceholders(text: string, resolver: Resolver): string {
  return text.replaceAll(PATTERN, (_whole, kind: string, name: string, version: string | undefined) =>
    kind === "secret" ? resolver.secret({ name, version: version ?? "" }) : resolver.fact(name),
  );
}

/** The secrets that `text` names, each once, in order of appearance. */
export function secretsIn(text: string): readonly SecretRef[] {
  const found = new Map<string, SecretRef>();
  for (const [whole, kind, name, version] of text.matchAll(PATTERN)) {
    if (kind === "secret") found.set(whole, { name: name!, version: version ?? "" });
  }
  return [...found.values()];
}

/** The facts that `text` names, each once, in order of appearance. */
export function factsIn(text: string): readonly string[] {
  return [
    ...new Set([...text.matchAll(PATTERN)].filter(([, kind]) => kind === "fact").map(([, , name]) => name!)),
  ];
}
