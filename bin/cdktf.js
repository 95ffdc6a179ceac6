#!/usr/bin/env node
/*
 * `cdktf`, as people know it: hands over to cdktn, the CLI that is maintained, on the runtime that the project
 * pins. Plain JavaScript without dependencies, as it must start on whatever Node npm runs on.
 */
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";

const CLI = "cdktn-cli";

/** The folder of an installed package: the project's own comes before what this package brought. */
function folderOf(name) {
  for (const from of [resolve("package.json"), import.meta.filename]) {
    for (const modules of createRequire(from).resolve.paths(name) ?? []) {
      if (existsSync(join(modules, name, "package.json"))) return join(modules, name);
    }
  }
  return undefined;
}

const cli = folderOf(CLI);
if (!cli) {
  console.error(
    `cdktf hands over to ${CLI}, which is not installed here; run: npm install --save-dev ${CLI}@0.24`,
  );
  process.exit(1);
}
const { bin } = JSON.parse(readFileSync(join(cli, "package.json"), "utf8"));
const pinned = folderOf("node");
const runtime =
  pinned && existsSync(join(pinned, "bin", "node")) ? join(pinned, "bin", "node") : process.execPath;

const child = spawn(runtime, [join(cli, bin.cdktn), ...process.argv.slice(2)], {
  stdio: "inherit",
  // Without it the CLI and Terraform ask the vendor for newer versions, and wait where there is no way out.
  env: { CHECKPOINT_DISABLE: "1", ...process.env },
});
// The terminal sends Ctrl-C to both; sent on, it would count as the second one, at which Terraform stops at once.
process.on("SIGINT", () => {});
for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child.on("exit", (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
