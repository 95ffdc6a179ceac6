import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { UserError } from "../../support/errors.ts";
import type { Override } from "../bundle/overrides.ts";

/** Where a project keeps what it adds to generated files. */
export function overridesFolder(project: string): string {
  return join(project, "overrides");
}

/**
 * Reads overrides/<machine or all>/<path of the generated file>.append and .patch. Throws OVERRIDE_UNKNOWN for a file of
 * another kind.
 */
export async function loadOverrides(project: string): Promise<readonly Override[]> {
  const folder = overridesFolder(project);
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Promise.all(files.toSorted().map((file) => readOverride(folder, file)));
}

async function readOverride(folder: string, file: string): Promise<Override> {
  const inside = relative(folder, file);
  const match = /^([^/]+)(\/.+)\.(append|patch)$/.exec(inside);
  if (!match)
    throw new UserError(
      "OVERRIDE_UNKNOWN",
      `overrides/${inside} is neither a patch nor text to append`,
      "name it overrides/<machine or all>/<path of the generated file>.patch or .append",
    );
  const [, scope, path, kind] = match;
  return {
    source: `overrides/${inside}`,
    scope: scope!,
    path: path!,
    kind: kind as Override["kind"],
    text: await readFile(file, "utf8"),
  };
}
