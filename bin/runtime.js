/*
 * Hands a command over to its code. Plain JavaScript without dependencies, as it must start on whatever Node npm
 * runs on: the code itself needs Node 24, which the package brings along.
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import * as module from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const OLDEST_MAJOR = 24;
const GUARD = "MAILBASTION_HANDED_OVER";
const root = dirname(dirname(fileURLToPath(import.meta.url)));

/**
 * Runs the entry, "toolkit/cli/main": from src in a checkout, where Node strips the types, from dist in the
 * published package. On an older Node it starts the pinned one instead, or says in one sentence what is missing.
 */
export async function handOver(entry) {
  if (Number(process.versions.node.split(".")[0]) >= OLDEST_MAJOR) {
    const source = join(root, "src", `${entry}.ts`);
    const isCheckout = existsSync(source);
    if (isCheckout) meanSource();
    await import(pathToFileURL(isCheckout ? source : join(root, "dist", `${entry}.js`)).href);
    return;
  }
  const pinned = pinnedRuntime();
  if (!pinned || process.env[GUARD]) {
    console.error(
      `This needs Node ${OLDEST_MAJOR} or later and runs on ${process.version}; install it, or run: ${howToGetOne()}`,
    );
    process.exit(1);
  }
  const child = spawn(pinned, process.argv.slice(1), {
    stdio: "inherit",
    env: { ...process.env, [GUARD]: "1" },
  });
  // The terminal sends Ctrl-C to both; the child decides what it means.
  process.on("SIGINT", () => {});
  for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("exit", (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
}

/**
 * In a checkout nothing need be compiled: whoever imports the package by its name, as a person's own runbook does, gets
 * its source.
 */
function meanSource() {
  module.registerHooks?.({
    resolve: (specifier, context, next) =>
      next(specifier, { ...context, conditions: [...context.conditions, "mailbastion-checkout"] }),
  });
}

/** A checkout pins its runtime; a project that the package is installed in may do the same. */
function howToGetOne() {
  return existsSync(join(root, "src"))
    ? `npm ci --prefix ${root}`
    : `npm install --save-dev node@${OLDEST_MAJOR}`;
}

/** The runtime of the `node` package: in this package's node_modules, or beside it when npm has lifted it. */
function pinnedRuntime() {
  const places = [join(root, "node_modules"), dirname(root)];
  return places.map((modules) => join(modules, "node", "bin", "node")).find(existsSync);
}
