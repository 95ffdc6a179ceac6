import * as z from "zod";
import { shortHash } from "../../support/hash.ts";
import type { SecretRequest } from "../services/service.ts";

/** A request whose value the vault makes and keeps; the operator's own files are read, never kept. */
export type StoredRequest = Exclude<SecretRequest, { kind: "files" }>;

const versionSchema = z.string().regex(/^[1-9]\d*$/);

/** What is known of a stored secret without its value. */
export const entryFactsSchema = z.strictObject({
  kind: z.enum(["password", "key", "authority", "certificate"]),
  version: versionSchema,
  /** The highest version that was ever given, where it is above this one: to a successor. */
  given: versionSchema.optional(),
  /** For a certificate: a hash of the names that it was made for. */
  subject: z.string().optional(),
  /** For a certificate: milliseconds since 1970 from which it is made anew; 0 for one that nobody trusts. */
  renewAfter: z.number().optional(),
});
export type EntryFacts = z.infer<typeof entryFactsSchema>;

/** One request's answer in the vault. */
export const entrySchema = entryFactsSchema.extend({
  /** Secret name to text: one for a password or a key, key and certificate for the others. */
  values: z.record(z.string(), z.string()),
  /** The run that rotates, or has rotated, to it. */
  run: z.string().optional(),
});
export type Entry = z.infer<typeof entrySchema>;

/** Above every version that was ever given: machines may hold what had one of them, also where it is gone here. */
export function nextVersion(stored: EntryFacts | undefined): string {
  return String(Number(stored?.given ?? stored?.version ?? 0) + 1);
}

/** The same, with the knowledge that `version` was given as well. */
export function knowing<T extends EntryFacts>(facts: T, version: string | undefined): T {
  const highest = Number(facts.given ?? facts.version);
  return version !== undefined && Number(version) > highest ? { ...facts, given: version } : facts;
}

/** The names under which the answer to a request is asked for. */
export function secretNames(
  request: SecretRequest | { kind: EntryFacts["kind"]; name: string },
): readonly string[] {
  switch (request.kind) {
    case "password":
    case "key":
      return [request.name];
    case "authority":
      return [`${request.name}.key`, `${request.name}.crt`];
    case "certificate":
    case "files":
      return [`${request.name}.key`, `${request.name}.crt`, `${request.name}.pem`];
  }
}

/**
 * The version that `request` has, or will have once it is made: the one stored, or its successor where a
 * certificate must be made anew. Synthesis, without a key, and apply, with one, must agree on it.
 */
export function versionOf(request: StoredRequest, stored: EntryFacts | undefined, now: number): string {
  if (!stored) return "1";
  if (stored.kind !== request.kind)
    throw new Error(`${request.name} was made as ${stored.kind} and is asked for as ${request.kind}`);
  if (request.kind !== "certificate") return stored.version;
  const isDue =
    stored.subject !== subjectOf(request) || (stored.renewAfter !== undefined && now >= stored.renewAfter);
  return isDue ? nextVersion(stored) : stored.version;
}

/** A hash of everything that a certificate says about its holder. Order does not count. */
export function subjectOf(request: Extract<SecretRequest, { kind: "certificate" }>): string {
  return shortHash(
    JSON.stringify([
      request.authority,
      request.commonName,
      request.names.toSorted(),
      request.addresses.toSorted(),
    ]),
  );
}

/** Each request once, authorities before what they sign. Two different requests of one name are a programming error. */
export function inOrderOfMaking(requests: readonly SecretRequest[]): readonly SecretRequest[] {
  const byName = new Map<string, SecretRequest>();
  for (const request of requests) {
    const earlier = byName.get(request.name);
    if (earlier && JSON.stringify(earlier) !== JSON.stringify(request)) {
      throw new Error(`${request.name} is asked for twice, in two ways`);
    }
    byName.set(request.name, request);
  }
  const isAuthority = (request: SecretRequest): boolean => request.kind === "authority";
  const all = [...byName.values()];
  return [...all.filter(isAuthority), ...all.filter((request) => !isAuthority(request))];
}
