import type { Bundle, BundleFile } from "../../bundle/bundle.ts";
import { sha256 } from "../../../support/hash.ts";
import { resolvePlaceholders, type Resolver } from "../../../support/placeholder.ts";
import type { FileState, PresentFile } from "./file-state.ts";

/** What is to become of the files of one machine. */
export interface FileChanges {
  readonly machine: string;
  readonly write: readonly BundleFile[];
  /** Owned by an earlier apply, named by no service any more. */
  readonly remove: readonly string[];
  /** Somebody did by hand what is described by now: no change by hand any more, once that is noted. */
  readonly adopt: readonly AdoptedFile[];
  /** Whether the list of owned paths on the machine has to be written anew. */
  readonly manifest: boolean;
}

export interface AdoptedFile {
  readonly path: string;
  /** As it was found. */
  readonly hash: string;
}

/** Compares a bundle, with its secrets put in, with what lies on the machine. */
export function fileChanges(bundle: Bundle, state: FileState, resolver: Resolver): FileChanges {
  const paths = bundle.files.map((file) => file.path);
  const wanted = new Set(paths);
  return {
    machine: bundle.machine,
    write: bundle.files.filter((file) => !inPlace(file, state.files.get(file.path), resolver)),
    remove: state.owned.filter((path) => !wanted.has(path)),
    adopt: bundle.files.flatMap((file): readonly AdoptedFile[] => {
      const present = state.files.get(file.path);
      if (!present || file.seedOnly || !inPlace(file, present, resolver)) return [];
      const { placed, hash } = present;
      return placed === "" || placed === hash ? [] : [{ path: file.path, hash }];
    }),
    manifest: paths.join("\n") !== state.owned.join("\n"),
  };
}

function inPlace(file: BundleFile, present: PresentFile | undefined, resolver: Resolver): boolean {
  if (!present) return false;
  // The daemon rewrites it, mode and owner included: that it was once ours is all that can be asked.
  if (file.seedOnly) return present.marked;
  return (
    present.mode === file.mode &&
    present.owner === file.owner &&
    present.group === file.group &&
    present.hash === sha256(resolvePlaceholders(file.content, resolver))
  );
}
