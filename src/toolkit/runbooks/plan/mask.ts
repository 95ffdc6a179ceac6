import { resolvePlaceholders, secretsIn } from "../../../support/placeholder.ts";
import { Masker } from "../../runner/masker.ts";

const HIDDEN = "***";

/** A generated file for people: *** where a secret will stand. */
export function maskWanted(content: string): string {
  return resolvePlaceholders(content, { secret: () => HIDDEN, fact: (name) => `(${name})` });
}

/**
 * A file as it lies on a machine, for people. Its secrets may be older than those of the vault, or somebody's own: hidden
 * is what the vault knows, everything after the words that stand before a secret in the generated file, and every
 * private key.
 */
export function maskPresent(present: string, wanted: string, secrets: readonly string[]): string {
  const masker = new Masker();
  for (const secret of secrets) masker.hide(secret);
  const prefixes = wanted
    .split("\n")
    .filter((line) => secretsIn(line).length > 0)
    .map((line) => line.slice(0, line.indexOf("@@secret:")).trimStart())
    .filter((prefix) => prefix.trim() !== "");
  const withoutKeys = present.replaceAll(
    /(-----BEGIN [A-Z ]*PRIVATE KEY-----)[\s\S]*?(-----END [A-Z ]*PRIVATE KEY-----|$)/g,
    `$1\n${HIDDEN}\n$2`,
  );
  return masker
    .mask(withoutKeys)
    .split("\n")
    .map((line) => hideAfter(line, prefixes))
    .join("\n");
}

function hideAfter(line: string, prefixes: readonly string[]): string {
  const indent = line.slice(0, line.length - line.trimStart().length);
  const prefix = prefixes.find((candidate) => line.trimStart().startsWith(candidate.trimEnd()));
  return prefix === undefined ? line : `${indent}${prefix}${HIDDEN}`;
}
