import { applyPatch } from "diff";
import { FaultsError, type Fault } from "../../support/errors.ts";
import { secretPlaceholder, secretsIn } from "../../support/placeholder.ts";
import type { Bundle } from "./bundle.ts";

/** What an operator adds to one generated file, kept beside the description: overrides/<machine or all>/<path>.<kind>. */
export interface Override {
  /** The file it was read from, for messages. */
  readonly source: string;
  /** A machine's name, or "all". */
  readonly scope: string;
  /** Of the generated file; of one that lies under its hash there is none. */
  readonly path: string;
  /** "append": text after the file's end. "patch": a unified diff against the file with its placeholders. */
  readonly kind: "append" | "patch";
  readonly text: string;
}

/**
 * A generated file with its overrides: those for all machines first, patches before what is appended. Throws
 * OVERRIDE_CONFLICT where a patch does not fit any more.
 */
export function overridden(
  machine: string,
  path: string,
  content: string,
  overrides: readonly Override[],
): string {
  const ours = overrides.filter(
    (override) => override.path === path && (override.scope === "all" || override.scope === machine),
  );
  if (ours.length === 0) return content;
  const versions = new Map(secretsIn(content).map(({ name, version }) => [name, version]));
  const text = ours
    .toSorted((a, b) => rank(a) - rank(b))
    .reduce((before, override) => applied(before, override), withoutVersions(content));
  return text.replaceAll(UNVERSIONED, (_whole, name: string) =>
    secretPlaceholder({ name, version: versions.get(name) ?? "" }),
  );
}

const UNVERSIONED = /@@secret:([a-z0-9/._-]+)@@/g;

/** With the placeholders of secrets as overrides bear them: a rotation must not make a patch unfit. */
export function withoutVersions(content: string): string {
  return secretsIn(content).reduce(
    (text, ref) => text.replaceAll(secretPlaceholder(ref), `@@secret:${ref.name}@@`),
    content,
  );
}

function rank({ kind, scope }: Override): number {
  return (kind === "patch" ? 0 : 2) + (scope === "all" ? 0 : 1);
}

function applied(text: string, override: Override): string {
  if (override.kind === "append") return `${text}${override.text.replace(/\n*$/, "\n")}`;
  const patched = applyPatch(text, override.text);
  if (patched === false)
    throw new FaultsError("OVERRIDE_CONFLICT", "the project's overrides", [
      {
        path: override.source,
        rule: `does not fit ${override.path} as it is generated now`,
        remedy:
          "make the change anew: remove it, mbctl apply, change the file on a machine, mbctl apply --take-theirs",
      },
    ]);
  return patched;
}

/** Overrides that no generated file takes: a mistyped path must not look as if it worked. */
export function unusedOverrides(
  overrides: readonly Override[],
  bundles: readonly Pick<Bundle, "machine" | "files">[],
): readonly Fault[] {
  return overrides.flatMap(({ source, scope, path }): readonly Fault[] => {
    const files = bundles
      .filter(({ machine }) => scope === "all" || scope === machine)
      .flatMap((bundle) => bundle.files.filter((file) => file.path === path));
    if (files.some(({ addressed }) => !addressed)) return [];
    const fault =
      files.length > 0
        ? {
            rule: `${path} bears the hash of its content in its name and takes no override`,
            remedy: "remove it, and change in the description what the file is made of",
          }
        : {
            rule: `no file ${path} is generated for ${scope === "all" ? "any machine" : scope}`,
            remedy: "mend its name; mbctl synth lists the files of each machine",
          };
    return [{ path: source, ...fault }];
  });
}
