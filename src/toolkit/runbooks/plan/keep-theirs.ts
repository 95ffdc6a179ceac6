import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { buildBundles } from "../../bundle/build.ts";
import { replaceFile } from "../../disk/replace-file.ts";
import type { RunSettings } from "../../runner/attempt.ts";
import type { PrepareRelease } from "../apply/run-apply.ts";
import type { RunbookContext } from "../runbook.ts";
import { driftedFiles, secretsOf } from "./compare.ts";
import { prepareComparison } from "./prepare-comparison.ts";
import { overridesOf } from "./take-theirs.ts";

/**
 * Keeps what was changed by hand as overrides of the project, in its folder of them. Resolves to the files that were
 * written; a later plan of the same project finds no drift there. Throws DRIFT_NOT_KEEPABLE, and what planApply throws.
 */
export async function keepTheirs(
  context: RunbookContext,
  settings: RunSettings,
  folder: string,
  prepare?: PrepareRelease,
): Promise<readonly string[]> {
  const { topology, services, overrides } = context;
  const { bundles, resolverOf } = await prepareComparison(context, settings, prepare);
  const drifted = await Promise.all(
    bundles.map((bundle) => driftedFiles(bundle, resolverOf(bundle.machine), topology.network.vip, settings)),
  );
  const secrets = await context.secrets();
  const versionOf = (name: string) => secrets.versions().get(name)!;
  const plain = buildBundles(topology, { services, versionOf });
  const secretsOn = (machine: string) =>
    secretsOf(
      bundles.find((bundle) => bundle.machine === machine)!,
      resolverOf(machine),
    );
  const written = overridesOf(drifted.flat(), plain, resolverOf, secretsOn, overrides);
  return await Promise.all(
    written.map(async ({ scope, path, text }) => {
      const file = join(folder, scope, `${path}.patch`);
      await mkdir(dirname(file), { recursive: true });
      await replaceFile(file, text, 0o644);
      return file;
    }),
  );
}
