import { UserError } from "../../../support/errors.ts";
import { sha256 } from "../../../support/hash.ts";
import { resolvePlaceholders, type Resolver } from "../../../support/placeholder.ts";
import type { Bundle } from "../../bundle/bundle.ts";
import type { Phase } from "../../steps/phase.ts";
import { observeFiles, parseFileState, type FileState } from "./file-state.ts";

/** A file that is not as apply left it: somebody changed or removed it on the machine. */
export interface Drift {
  readonly machine: string;
  readonly path: string;
  readonly how: "changed" | "removed";
}

/** Files that their daemon rewrites, and those of an apply that did not keep their hash, never drift. */
export function driftOf(bundle: Bundle, state: FileState, resolver: Resolver): readonly Drift[] {
  const { machine } = bundle;
  return bundle.files
    .filter((file) => !file.seedOnly)
    .flatMap(({ path, content }): readonly Drift[] => {
      if (state.gone.includes(path)) return [{ machine, path, how: "removed" }];
      const present = state.files.get(path);
      if (!present || present.placed === "" || present.placed === present.hash) return [];
      // Somebody did by hand what is described by now.
      if (present.hash === sha256(resolvePlaceholders(content, resolver))) return [];
      return [{ machine, path, how: "changed" }];
    });
}

/** Refuses, before anything is changed, to write over what somebody did by hand. Throws DRIFT_FOUND with all of it. */
export function driftPhase(
  bundles: readonly Bundle[],
  resolverOf: (machine: string) => Resolver,
  vip: string,
): Phase {
  const bundleOf = new Map(bundles.map((bundle) => [bundle.machine, bundle]));
  return {
    title: "look for changes made by hand",
    machines: bundles.map(({ machine }) => machine),
    observe: (machine) => observeFiles(bundleOf.get(machine)!, [], vip),
    decide: (answers) => {
      const drift = [...answers].flatMap(([machine, answer]) =>
        driftOf(bundleOf.get(machine)!, parseFileState(answer), resolverOf(machine)),
      );
      if (drift.length > 0) throw driftFound(drift);
      return [];
    },
  };
}

function driftFound(drift: readonly Drift[]): UserError {
  const lines = drift.map(({ machine, path, how }) => `    ${machine}  ${path}  ${how}`);
  return new UserError(
    "DRIFT_FOUND",
    `${drift.length === 1 ? "a file was" : `${drift.length} files were`} changed by hand since the last apply:\n${lines.join("\n")}`,
    "look at them (mbctl plan), then keep them as overrides of the project (mbctl apply --take-theirs) or put ours back (--overwrite)",
  );
}
