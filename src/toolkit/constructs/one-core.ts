import { createRequire } from "node:module";
import { UserError } from "../../support/errors.ts";

const BINDINGS = "@cdktf/provider-docker/lib/provider/index.js";
const CORE = "cdktf/package.json";

/**
 * Throws CDKTF_TWO_CORES where the Docker bindings were installed with a `cdktf` of their own: resources and
 * stack of two cores do not know each other, and synthesis would end in the middle of them.
 *
 * `origin` is the file that imports both, for a test.
 */
export function requireOneCore(origin: string = import.meta.url): void {
  const require = createRequire(origin);
  const ours = require.resolve(CORE);
  const theirs = createRequire(require.resolve(BINDINGS)).resolve(CORE);
  if (ours === theirs) return;
  throw new UserError(
    "CDKTF_TWO_CORES",
    `there are two cores of cdktf: ${ours} for mailbastion, and ${theirs} for the Docker bindings`,
    'name "cdktf": "npm:cdktn@0.24.0" among the dependencies in package.json, with the overrides of docs/reference/constructs.md, and install again',
  );
}
