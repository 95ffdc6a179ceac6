import { createPatch } from "diff";
import { UserError } from "../../../support/errors.ts";
import {
  factsIn,
  secretsIn,
  interfacePlaceholder,
  secretPlaceholder,
  type Resolver,
} from "../../../support/placeholder.ts";
import type { Bundle } from "../../bundle/bundle.ts";
import { withoutVersions, type Override } from "../../bundle/overrides.ts";
import type { DriftedFile } from "./compare.ts";
import { hidesAnything } from "./mask.ts";

/**
 * What was changed by hand, as overrides of the project: a patch per file, for all machines where all that have the file
 * were changed alike and none has an override of its own. Secrets become placeholders again, so that no override holds
 * one.
 *
 * `plain` are the bundles without the project's overrides; `secretsOf` gives the secrets that a machine's files hold.
 * Throws DRIFT_NOT_KEEPABLE for what cannot be a patch, or would be one that says more than what was changed by hand.
 */
export function overridesOf(
  drifted: readonly DriftedFile[],
  plain: readonly Bundle[],
  resolverOf: (machine: string) => Resolver,
  secretsOf: (machine: string) => readonly string[],
  present: readonly Override[],
): readonly Pick<Override, "scope" | "path" | "text">[] {
  const patches = drifted.map((file) => {
    const { machine, path } = file;
    const content = keepableContent(file, present);
    const resolver = resolverOf(machine);
    const generated = plain
      .find((bundle) => bundle.machine === machine)!
      .files.find((candidate) => candidate.path === path)!.content;
    const kept = withPlaceholders(content, generated, resolver);
    if (hidesAnything(kept, file.described.content, (name) => resolver.fact(name), secretsOf(machine)))
      throw notKeepable(file, "what was changed holds a secret, or may, which no override is to tell");
    return {
      machine,
      path,
      text: createPatch(path, withoutVersions(generated), withoutVersions(kept)),
    };
  });
  return [...Map.groupBy(patches, ({ path }) => path)].flatMap(([path, ofPath]) => {
    const owners = plain.filter(({ files }) => files.some((file) => file.path === path)).length;
    const texts = new Set(ofPath.map(({ text }) => text));
    const hasOverride = present.some((override) => override.path === path);
    return texts.size === 1 && ofPath.length === owners && !hasOverride
      ? [{ scope: "all", path, text: ofPath[0]!.text }]
      : ofPath.map(({ machine, text }) => ({ scope: machine, path, text }));
  });
}

/** The file as it stands on its machine, where a patch for that machine can say it. Throws DRIFT_NOT_KEEPABLE. */
function keepableContent(file: DriftedFile, present: readonly Override[]): string {
  const { machine, path, content, described } = file;
  if (content === undefined) throw notKeepable(file, "that a file is missing cannot be an override");
  if (described.addressed)
    throw notKeepable(file, "it bears the hash of its content in its name and takes no override");
  const ofPath = present.filter((override) => override.path === path);
  if (ofPath.some(({ scope }) => scope === "all"))
    throw notKeepable(file, "it has an override for all machines, into which a person has to work this");
  if (ofPath.some(({ scope, kind }) => scope === machine && kind === "append"))
    throw notKeepable(file, "it has text to append already, into which a person has to work this");
  // A patch is made against the file as it is described now, so that it would take such a change back.
  if (!file.wasPutAsDescribed)
    throw notKeepable(
      file,
      "the description changes this file too, or its overrides or secrets do; a patch would take that back",
      "put the description and overrides/ back as they were at the last apply, apply with --take-theirs, then make the change anew",
    );
  return content;
}

function withPlaceholders(content: string, generated: string, resolver: Resolver): string {
  const secrets = secretsIn(generated).map((ref) => [resolver.secret(ref), secretPlaceholder(ref)] as const);
  const facts = factsIn(generated).map(
    (name) => [resolver.fact(name), interfacePlaceholder(name.replace("interface/", ""))] as const,
  );
  const longestFirst = [...secrets, ...facts].toSorted(([a], [b]) => b.length - a.length);
  return longestFirst.reduce((text, [value, placeholder]) => text.replaceAll(value, placeholder), content);
}

function notKeepable(
  { machine, path }: DriftedFile,
  why: string,
  remedy = "put ours back with mbctl apply --overwrite, or bring the change into overrides/ by hand",
): UserError {
  return new UserError("DRIFT_NOT_KEEPABLE", `${path} on ${machine} cannot be kept as it is: ${why}`, remedy);
}
