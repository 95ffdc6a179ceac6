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
 * private key. Where no words stand before one, nothing tells its line from others: of such a file only what is generated
 * word for word is shown.
 */
export function maskPresent(present: string, wanted: string, secrets: readonly string[]): string {
  const masker = new Masker();
  for (const secret of secrets) masker.hide(secret);
  const prefixes = wanted
    .split("\n")
    .filter((line) => secretsIn(line).length > 0)
    .map((line) => line.slice(0, line.indexOf("@@secret:")).trimStart());
  const hide = prefixes.includes("") ? hideUnless(wanted) : (line: string) => hideAfter(line, prefixes);
  const withoutKeys = present.replaceAll(
    /(-----BEGIN [A-Z ]*PRIVATE KEY-----)[\s\S]*?(-----END [A-Z ]*PRIVATE KEY-----|$)/g,
    `$1\n${HIDDEN}\n$2`,
  );
  return masker.mask(withoutKeys).split("\n").map(hide).join("\n");
}

function hideUnless(wanted: string): (line: string) => string {
  const generated = new Set(wanted.split("\n"));
  return (line) => (generated.has(line) || line.trim() === "" ? line : HIDDEN);
}

function hideAfter(line: string, prefixes: readonly string[]): string {
  const indent = line.slice(0, line.length - line.trimStart().length);
  const prefix = prefixes.find((candidate) => line.trimStart().startsWith(candidate.trimEnd()));
  return prefix === undefined ? line : `${indent}${prefix}${HIDDEN}`;
}
