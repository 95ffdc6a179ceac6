/**
 * Makes dist/, what the published package runs: node scripts/build.ts
 *
 * JavaScript and types of src at the same depth, of which mbctl's is bundled, and the mail node's bundles. The folder is
 * made anew, so that no file of an earlier build is published.
 */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";

const root = join(import.meta.dirname, "..");
rmSync(join(root, "dist"), { recursive: true, force: true });
const options = { cwd: root, stdio: "inherit", preferLocal: true } as const;
await execa("tsc", ["-p", "tsconfig.build.json"], options);
await execa(process.execPath, ["scripts/build-mbctl.ts", "dist"], options);
await execa(process.execPath, ["scripts/build-mbnode.ts", join("dist", "mbnode")], options);
