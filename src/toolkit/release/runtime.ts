import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { UserError } from "../../support/errors.ts";
import type { Architecture } from "./architecture.ts";
import { packageRoot } from "./package-places.ts";

const run = promisify(execFile);

/**
 * The folder of the npm package with the Node runtime for a processor: installed here, or fetched from the
 * registry into `cache` once. Throws RELEASE_RUNTIME when it can be had neither way.
 */
export async function runtimeFolder(
  architecture: Architecture,
  version: string,
  cache: string,
): Promise<string> {
  const name = `node-linux-${architecture}`;
  const modules = [join(packageRoot, "node_modules"), dirname(packageRoot)];
  const installed = modules.flatMap((folder) => [
    join(folder, "node", "node_modules", name),
    join(folder, name),
  ]);
  const kept = join(cache, `${name}-${version}`);
  return (
    [...installed, kept].find((folder) => isRuntime(folder, version)) ?? fetchRuntime(name, version, kept)
  );
}

function isRuntime(folder: string, version: string): boolean {
  if (!existsSync(join(folder, "bin", "node"))) return false;
  // The package's own version is the runtime's.
  const { version: found } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
    version: string;
  };
  return found === version;
}

async function fetchRuntime(name: string, version: string, kept: string): Promise<string> {
  await mkdir(dirname(kept), { recursive: true });
  const directory = await mkdtemp(join(dirname(kept), ".fetch-"));
  try {
    const { stdout } = await run("npm", [
      "pack",
      `${name}@${version}`,
      "--pack-destination",
      directory,
      "--silent",
    ]);
    await run("tar", ["-xzf", join(directory, stdout.trim()), "-C", directory]);
    await rm(kept, { recursive: true, force: true });
    await rename(join(directory, "package"), kept);
    return kept;
  } catch (error) {
    throw new UserError(
      "RELEASE_RUNTIME",
      `the Node runtime ${name}@${version} is not installed here and could not be fetched (${firstLine(error)})`,
      `make the npm registry reachable, or run: npm install --no-save --force ${name}@${version}`,
      { cause: error },
    );
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function firstLine(error: unknown): string {
  const { stderr, message } = error as { stderr?: string; message: string };
  return (stderr || message).trim().split("\n")[0]!;
}
