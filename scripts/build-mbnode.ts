/**
 * Bundles the mail node into one file: node scripts/build-mbnode.ts <file to write>
 *
 * The bundle is the same for the same sources, so that the release it goes into is named by its content.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

const [outfile] = process.argv.slice(2);
if (!outfile) throw new Error("usage: node scripts/build-mbnode.ts <file to write>");
const root = join(import.meta.dirname, "..");
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };

await build({
  absWorkingDir: root,
  entryPoints: ["src/mailnode/node/main.ts"],
  outfile,
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node24",
  minifyWhitespace: true,
  minifySyntax: true,
  // Names in stack traces of a machine's journal are worth more than the bytes.
  keepNames: true,
  legalComments: "none",
  define: { MBNODE_VERSION: JSON.stringify(version) },
  // CommonJS packages in the bundle call require, which an ES module does not have.
  banner: {
    js: 'import { createRequire as mbnodeRequire } from "node:module";\nconst require = mbnodeRequire(import.meta.url);',
  },
  logLevel: "warning",
});
