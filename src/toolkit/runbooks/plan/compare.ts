import { createTwoFilesPatch } from "diff";
import { sha256 } from "../../../support/hash.ts";
import { resolvePlaceholders, secretsIn, type Resolver } from "../../../support/placeholder.ts";
import type { Bundle, BundleFile } from "../../bundle/bundle.ts";
import type { RunSettings } from "../../runner/attempt.ts";
import { driftOf, type Drift } from "../apply/drift.ts";
import { areSeedsUnread, fileChanges, type FileChanges } from "../apply/file-changes.ts";
import { observeFiles, parseFileState, type FileState } from "../apply/file-state.ts";
import type { Topology } from "../../topology/topology.ts";
import { parseFiles, readFilesCommand } from "./contents.ts";
import { maskPresent, maskWanted } from "./mask.ts";

/** What an apply would do to the files of one machine. */
export interface MachineComparison {
  readonly machine: string;
  readonly files: readonly FileComparison[];
}

export interface FileComparison {
  readonly path: string;
  readonly change: "added" | "changed" | "removed";
  /** Whether somebody changed it on the machine since the last apply. */
  readonly byHand: boolean;
  /** A unified diff without secrets; "" where only owner or mode differ. */
  readonly diff: string;
}

/** The files of one machine that are not as apply left them, with what stands in them now. */
export interface DriftedFile extends Drift {
  /** As it is described now, overrides included. */
  readonly described: BundleFile;
  /** Whether that is what apply put there last: otherwise both a person and the description have changed it. */
  readonly wasPutAsDescribed: boolean;
  /** Undefined for a file that was removed. */
  readonly content?: string;
}

/** Compares the files of machines with their bundles; reads only. */
export async function compareMachines(
  topology: Topology,
  bundles: readonly Bundle[],
  resolverOf: (machine: string) => Resolver,
  settings: RunSettings,
): Promise<readonly MachineComparison[]> {
  const { vip } = topology.network;
  const states = new Map(
    await Promise.all(
      bundles.map(async (bundle) => [bundle.machine, await look(bundle, vip, settings)] as const),
    ),
  );
  const seedsUnread = areSeedsUnread(topology, bundles, states);
  return Promise.all(
    bundles.map((bundle) => {
      const resolver = resolverOf(bundle.machine);
      const state = states.get(bundle.machine)!;
      const changes = fileChanges(bundle, state, resolver, seedsUnread);
      return compareMachine(bundle, resolver, changes, driftOf(bundle, state, resolver), settings);
    }),
  );
}

async function compareMachine(
  bundle: Bundle,
  resolver: Resolver,
  changes: FileChanges,
  drift: readonly Drift[],
  settings: RunSettings,
): Promise<MachineComparison> {
  const byHand = new Set(drift.map(({ path }) => path));
  const paths = changes.write.map(({ path }) => path);
  const contents = await readContents(bundle.machine, paths, settings);
  const fact = (name: string) => resolver.fact(name);
  const secrets = secretsOf(bundle, resolver);
  const written = changes.write.map((file): FileComparison => {
    const present = contents.get(file.path);
    return {
      path: file.path,
      change: present === undefined ? "added" : "changed",
      byHand: byHand.has(file.path),
      diff: diffOf(
        file.path,
        present === undefined ? "" : maskPresent(present, file.content, fact, secrets),
        maskWanted(file.content, fact),
      ),
    };
  });
  const removed = changes.remove.map((path): FileComparison => ({
    path,
    change: "removed",
    byHand: false,
    diff: "",
  }));
  return { machine: bundle.machine, files: [...written, ...removed] };
}

/** What was changed by hand on a machine, as it stands there, secrets and all: never to be printed. */
export async function driftedFiles(
  bundle: Bundle,
  resolver: Resolver,
  vip: string,
  settings: RunSettings,
): Promise<readonly DriftedFile[]> {
  const state = await look(bundle, vip, settings);
  const drift = driftOf(bundle, state, resolver);
  const paths = drift.map(({ path }) => path);
  const contents = await readContents(bundle.machine, paths, settings);
  return drift.map((one) => {
    const described = bundle.files.find(({ path }) => path === one.path)!;
    const hash = sha256(resolvePlaceholders(described.content, resolver));
    const content = contents.get(one.path);
    return {
      ...one,
      described,
      wasPutAsDescribed: state.files.get(one.path)?.placed === hash,
      ...(content !== undefined && { content }),
    };
  });
}

/** The secrets of all files of a machine: a person may have written that of one into another. */
export function secretsOf({ files }: Bundle, resolver: Resolver): readonly string[] {
  return files.flatMap(({ content }) => secretsIn(content)).map((ref) => resolver.secret(ref));
}

async function look(bundle: Bundle, vip: string, { transport }: RunSettings): Promise<FileState> {
  return parseFileState(await transport.run(bundle.machine, observeFiles(bundle, [], vip)));
}

async function readContents(
  machine: string,
  paths: readonly string[],
  { transport }: RunSettings,
): Promise<ReadonlyMap<string, string>> {
  if (paths.length === 0) return new Map();
  return parseFiles(await transport.run(machine, readFilesCommand(paths)));
}

function diffOf(path: string, present: string, wanted: string): string {
  if (present === wanted) return "";
  const text = createTwoFilesPatch(
    `${path} (on the machine)`,
    `${path} (as described)`,
    present,
    wanted,
    "",
    "",
    {
      context: 3,
    },
  );
  // The first line is a ruler for patch files.
  return text.slice(text.indexOf("\n") + 1);
}
