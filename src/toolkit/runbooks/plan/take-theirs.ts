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

/**
 * What was changed by hand, as overrides of the project: a patch per file, for all machines where all that have the file
 * were changed alike. Secrets become placeholders again, so that no override holds one.
 *
 * `plain` are the bundles without the project's overrides. Throws DRIFT_NOT_KEEPABLE for a file that was removed, and for
 * one that has an override for all machines already.
 */
export function overridesOf(
  drifted: readonly DriftedFile[],
  plain: readonly Bundle[],
  resolverOf: (machine: string) => Resolver,
  present: readonly Override[],
): readonly Pick<Override, "scope" | "path" | "text">[] {
  const patches = drifted.map(({ machine, path, content }) => {
    if (content === undefined)
      throw notKeepable(machine, path, "that a file is missing cannot be an override");
    if (present.some((override) => override.path === path && override.scope === "all"))
      throw notKeepable(
        machine,
        path,
        "it has an override for all machines, into which a person has to work this",
      );
    const file = plain
      .find((bundle) => bundle.machine === machine)!
      .files.find((candidate) => candidate.path === path)!;
    return {
      machine,
      path,
      text: createPatch(
        path,
        withoutVersions(file.content),
        withoutVersions(withPlaceholders(content, file.content, resolverOf(machine))),
      ),
    };
  });
  return [...Map.groupBy(patches, ({ path }) => path)].flatMap(([path, ofPath]) => {
    const owners = plain.filter(({ files }) => files.some((file) => file.path === path)).length;
    const texts = new Set(ofPath.map(({ text }) => text));
    return texts.size === 1 && ofPath.length === owners
      ? [{ scope: "all", path, text: ofPath[0]!.text }]
      : ofPath.map(({ machine, text }) => ({ scope: machine, path, text }));
  });
}

function withPlaceholders(content: string, generated: string, resolver: Resolver): string {
  const secrets = secretsIn(generated).map((ref) => [resolver.secret(ref), secretPlaceholder(ref)] as const);
  const facts = factsIn(generated).map(
    (name) => [resolver.fact(name), interfacePlaceholder(name.replace("interface/", ""))] as const,
  );
  const longestFirst = [...secrets, ...facts].toSorted(([a], [b]) => b.length - a.length);
  return longestFirst.reduce((text, [value, placeholder]) => text.replaceAll(value, placeholder), content);
}

function notKeepable(machine: string, path: string, why: string): UserError {
  return new UserError(
    "DRIFT_NOT_KEEPABLE",
    `${path} on ${machine} cannot be kept as it is: ${why}`,
    "put ours back with mbctl apply --overwrite, or bring the change into overrides/ by hand",
  );
}
