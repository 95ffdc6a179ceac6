import type { Bundle, BundleFile } from "../bundle/bundle.ts";

/** What a stack's bundle.json says: everything about the files of its machines but their content. */
export interface BundleManifest {
  /** The folder of the description, from the stack's folder. */
  readonly project: string;
  /** By the name of the machine: those that this stack rolls out to. */
  readonly machines: Readonly<Record<string, MachineManifest>>;
}

export interface MachineManifest {
  readonly hash: string;
  /** By path, so that a reader finds a file at its place. */
  readonly files: readonly Omit<BundleFile, "content">[];
}

export function bundleManifest(project: string, bundles: readonly Bundle[]): BundleManifest {
  const machines = bundles.map(({ machine, hash, files }) => {
    const described = files.map(({ content: _content, ...rest }) => rest);
    return [machine, { hash, files: described.toSorted((a, b) => (a.path < b.path ? -1 : 1)) }] as const;
  });
  return { project, machines: Object.fromEntries(machines) };
}
