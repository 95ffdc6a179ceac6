import { type Dirent, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { UserError } from "../../support/errors.ts";
import type { Override } from "./overrides.ts";

/** Where a project keeps what it adds to generated files. */
export function overridesFolder(project: string): string {
  return join(project, "overrides");
}

/**
 * Reads overrides/<machine or all>/<path of the generated file>.append and .patch. Throws OVERRIDE_UNKNOWN for a file of
 * another kind. At once, because constructs are synthesised without waiting.
 */
export function loadOverrides(project: string): readonly Override[] {
  const folder = overridesFolder(project);
  const files = entriesIn(folder).filter((entry) => entry.isFile());
  return files
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted()
    .map((file) => readOverride(folder, file));
}

function entriesIn(folder: string): readonly Dirent[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

function readOverride(folder: string, file: string): Override {
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
    text: readFileSync(file, "utf8"),
  };
}
