import type { Bundle, BundleFile } from "../../bundle/bundle.ts";
import { sha256 } from "../../../support/hash.ts";
import { resolvePlaceholders, type Resolver } from "../../../support/placeholder.ts";
import type { Topology } from "../../topology/topology.ts";
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

/**
 * Compares a bundle, with its secrets put in, with what lies on the machine.
 *
 * @param seedsUnread see areSeedsUnread
 */
export function fileChanges(
  bundle: Bundle,
  state: FileState,
  resolver: Resolver,
  seedsUnread: boolean,
): FileChanges {
  const paths = bundle.files.map((file) => file.path);
  const wanted = new Set(paths);
  const isInPlace = (file: BundleFile): boolean => {
    const present = state.files.get(file.path);
    return file.seedOnly && !seedsUnread ? isTheDaemons(present) : inPlace(file, present, resolver);
  };
  return {
    machine: bundle.machine,
    write: bundle.files.filter((file) => !isInPlace(file)),
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

/**
 * Whether no daemon has made a seed its own, on any machine: then a cluster that was described anew before it began gets
 * new ones. All or none, as they name each other's machines, and only where all machines were asked.
 */
export function areSeedsUnread(
  topology: Topology,
  bundles: readonly Bundle[],
  states: ReadonlyMap<string, FileState>,
): boolean {
  if (bundles.length < topology.machines.length) return false;
  return bundles.every(({ machine, files }) => {
    const state = states.get(machine)!;
    return files.filter(({ seedOnly }) => seedOnly).every((file) => isUnread(file, state));
  });
}

/** One that a daemon has rewritten has another hash, Sentinel's from its first start on. */
function isUnread({ path, action }: BundleFile, { files, activeUnits }: FileState): boolean {
  const present = files.get(path);
  if (!present?.marked) return true;
  return present.placed === present.hash && !(action.kind === "restart" && activeUnits.has(action.unit));
}

/** The daemon rewrites it, mode and owner included: that it was once ours is all that can be asked. */
function isTheDaemons(present: PresentFile | undefined): boolean {
  return present?.marked ?? false;
}

function inPlace(file: BundleFile, present: PresentFile | undefined, resolver: Resolver): boolean {
  if (!present) return false;
  return (
    present.mode === file.mode &&
    present.owner === file.owner &&
    present.group === file.group &&
    present.hash === sha256(resolvePlaceholders(file.content, resolver))
  );
}
