/**
 * Bundles the mail node, a file for the program, one for each of its threads, and what only some of its commands need in
 * files of their own: `mbnode status`, which every look at a machine runs, reads no code that takes mail.
 * node scripts/build-mbnode.ts <folder to write>
 *
 * The files are the same for the same sources, so that the release they go into is named by its content.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { writeNotices } from "./notices.ts";

const [outdir] = process.argv.slice(2);
if (!outdir) throw new Error("usage: node scripts/build-mbnode.ts <folder to write>");
const root = join(import.meta.dirname, "..");
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };

const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: [
    { in: "src/mailnode/node/main.ts", out: "mbnode" },
    { in: "src/mailnode/raft/log/log-worker.ts", out: "log-worker" },
  ],
  outdir,
  outExtension: { ".js": ".mjs" },
  bundle: true,
  splitting: true,
  // Beside the program, where a thread's file is looked for too.
  chunkNames: "[name]-[hash]",
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
  metafile: true,
});
await writeNotices(root, outdir, metafile);
