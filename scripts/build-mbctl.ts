/**
 * Bundles mbctl and what the package exports beside it, in place of what the compiler made of them:
 * node scripts/build-mbctl.ts <dist>
 *
 * To find, read and link some three hundred modules takes mbctl longer than to ask twenty machines. The parts that
 * several entries or commands share are files of their own: a fault that a project's runbook throws is then of the same
 * class as ours, and a command reads no other command's code.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { writeNotices } from "./notices.ts";

const [outdir] = process.argv.slice(2);
if (!outdir) throw new Error("usage: node scripts/build-mbctl.ts <dist>");
const root = join(import.meta.dirname, "..");

/** What every command begins with. All other packages are read from node_modules by the commands that need them. */
const BUNDLED = ["commander", "ssh-config", "ssh2", "yaml", "zod"];

const { dependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  dependencies: Record<string, string>;
};

const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: [
    "src/index.ts",
    "src/toolkit/cli/main.ts",
    "src/toolkit/constructs/index.ts",
    "src/toolkit/runbooks/define.ts",
  ],
  outbase: "src",
  outdir,
  // As deep as the source of a room: what lies beside dist is found from there.
  chunkNames: "toolkit/mbctl/[name]-[hash]",
  bundle: true,
  splitting: true,
  platform: "node",
  format: "esm",
  target: "node24",
  // ssh2's own add-ons are optional, and what one Node has compiled another one may not load.
  external: [
    "*.node",
    "cpu-features",
    ...Object.keys(dependencies).filter((name) => !BUNDLED.includes(name)),
  ],
  keepNames: true,
  legalComments: "none",
  // CommonJS packages in the bundle have what an ES module has not.
  banner: {
    js: `import { createRequire as mbctlRequire } from "node:module";
const require = mbctlRequire(import.meta.url), __dirname = import.meta.dirname;`,
  },
  logLevel: "warning",
  metafile: true,
});
await writeNotices(root, outdir, metafile);
