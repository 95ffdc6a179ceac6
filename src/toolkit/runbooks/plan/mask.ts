import {
  resolvePlaceholders,
  secretPlaceholder,
  secretsIn,
  type Resolver,
} from "../../../support/placeholder.ts";
import { Masker } from "../../runner/masker.ts";

const HIDDEN = "***";

type FactOf = Resolver["fact"];

/** A generated file for people: *** where a secret will stand. */
export function maskWanted(content: string, fact: FactOf): string {
  return resolvePlaceholders(content, { secret: () => HIDDEN, fact });
}

/**
 * A file as it lies on a machine, for people. Its secrets may be older than those of the vault, or somebody's own: hidden
 * is what the vault knows, everything after the words that stand before a secret in the generated file, and every
 * private key. Where no words stand before one, nothing tells its line from others: of such a file only what is generated
 * word for word is shown. A line that differs in nothing reads as in maskWanted.
 */
export function maskPresent(
  present: string,
  wanted: string,
  fact: FactOf,
  secrets: readonly string[],
): string {
  const masker = new Masker();
  for (const secret of secrets) masker.hide(secret);
  const withFacts = resolvePlaceholders(wanted, { secret: secretPlaceholder, fact });
  const secretLines = withFacts
    .split("\n")
    .filter((line) => secretsIn(line).length > 0)
    .map((line): SecretLine => ({
      prefix: line.slice(0, line.indexOf("@@secret:")).trimStart(),
      masked: maskWanted(line, fact),
    }));
  const isBare = secretLines.some(({ prefix }) => prefix.trim() === "");
  const hide = isBare ? hideUnless(withFacts) : (line: string) => hideAfter(line, secretLines);
  const withoutKeys = present.replaceAll(
    /(-----BEGIN [A-Z ]*PRIVATE KEY-----)[\s\S]*?(-----END [A-Z ]*PRIVATE KEY-----|$)/g,
    `$1\n${HIDDEN}\n$2`,
  );
  return masker.mask(withoutKeys).split("\n").map(hide).join("\n");
}

/** Whether a file with placeholders, in which a person has changed something, shows more than a plan would of it. */
export function hidesAnything(
  kept: string,
  wanted: string,
  fact: FactOf,
  secrets: readonly string[],
): boolean {
  const shown = maskWanted(kept, fact);
  return maskPresent(shown, wanted, fact, secrets) !== shown;
}

function hideUnless(generated: string): (line: string) => string {
  const lines = new Set(generated.split("\n"));
  return (line) => (lines.has(line) || line.trim() === "" ? line : HIDDEN);
}

/** A line of a generated file with a secret in it. */
interface SecretLine {
  /** What stands before the secret, without indent. */
  readonly prefix: string;
  readonly masked: string;
}

function hideAfter(line: string, secretLines: readonly SecretLine[]): string {
  if (secretLines.some(({ masked }) => masked === line)) return line;
  const indent = line.slice(0, line.length - line.trimStart().length);
  const met = secretLines.find(({ prefix }) => line.trimStart().startsWith(prefix.trimEnd()));
  return met === undefined ? line : `${indent}${met.prefix}${HIDDEN}`;
}
