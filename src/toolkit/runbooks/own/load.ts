import { readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import { UserError } from "../../../support/errors.ts";
import { runbooks } from "../registry.ts";
import type { AnyRunbook } from "../runbook.ts";

/**
 * The runbooks that a project brings itself: every module in its folder `runbooks`, with the runbook as its default
 * export. Throws RUNBOOK_MODULE for one that cannot be loaded, is no runbook, or bears the name of one of ours.
 */
export async function loadOwnRunbooks(project: string): Promise<readonly AnyRunbook[]> {
  const folder = join(project, "runbooks");
  const names = await readdir(folder).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  });
  const modules = names.filter((name) => /(?<!\.d)\.(ts|js|mjs)$/.test(name)).toSorted();
  const own = await Promise.all(modules.map((name) => loadOne(join(folder, name))));
  const taken = new Set(runbooks.map(({ name }) => name));
  for (const [index, { name }] of own.entries()) {
    if (taken.has(name))
      throw unfit(modules[index]!, `bears the name ${JSON.stringify(name)}, which another runbook has`);
    taken.add(name);
  }
  return own;
}

async function loadOne(path: string): Promise<AnyRunbook> {
  const found = await import(pathToFileURL(path).href).then(
    (module: { readonly default?: Partial<AnyRunbook> }) => module.default,
    (error: unknown) => {
      throw unfit(
        basename(path),
        `cannot be loaded: ${error instanceof Error ? error.message : String(error)}`,
      );
    },
  );
  const lacks =
    found === undefined
      ? "has no default export"
      : typeof found.name !== "string" || !/^[a-z][a-z0-9 -]*$/.test(found.name)
        ? "has no name of small letters"
        : typeof found.plan !== "function" || typeof found.survey !== "function"
          ? "has no survey or no plan"
          : typeof found.arguments?.safeParse !== "function"
            ? "has no schema of its arguments"
            : undefined;
  if (lacks !== undefined) throw unfit(basename(path), lacks);
  return found as AnyRunbook;
}

function unfit(file: string, why: string): UserError {
  return new UserError(
    "RUNBOOK_MODULE",
    `runbooks/${file} ${why}`,
    "export a runbook as its default: export default defineRunbook({ ... })",
  );
}
