import { execFile } from "node:child_process";
import { createWriteStream, existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { createGzip } from "node:zlib";
import { UserError } from "../../support/errors.ts";
import { shortHash } from "../../support/hash.ts";
import type { Architecture } from "./architecture.ts";
import { bundler, cacheDirectory, manifest, publishedBundles } from "./package-places.ts";
import type { Release, Runtime } from "./release.ts";
import { runtimeFolder } from "./runtime.ts";
import { tar, type TarEntry } from "./tar.ts";

/** Of 0 to 9. The runtime is most of it: level 6 takes three times as long for a tenth less. */
const GZIP_LEVEL = 1;

/**
 * Starts the release that it lies in, wherever the link to it is. Under the unit it leaves the release's name in
 * the runtime directory, which goes with the process: /proc would tell as well, but not to root in a container.
 */
const LAUNCHER = `#!/bin/sh
release=$(dirname "$(dirname "$(readlink -f "$0")")")
test -z "$RUNTIME_DIRECTORY" || basename "$release" >"$RUNTIME_DIRECTORY/release"
exec "$release/runtime/bin/node" "$release/mbnode.mjs" "$@"
`;

/**
 * Assembles the mail node's release: bundles its code (in a checkout; the published package brings the
 * bundle) and packs it, and the Node runtime of each processor asked for. Archives are kept and reused.
 *
 * Throws RELEASE_BUNDLE or RELEASE_RUNTIME.
 */
export async function prepareRelease(architectures: Iterable<Architecture> = ["x64"]): Promise<Release> {
  const cache = cacheDirectory();
  await mkdir(cache, { recursive: true });
  const { version, nodeVersion } = manifest();
  const bundles = await readBundles(cache);
  const content = bundles.map((bundle) => bundle.path + bundle.content).join("");
  const id = `${version}-${shortHash(content + LAUNCHER + nodeVersion)}`;
  const archive = await keep(join(cache, `mbnode-${id}.tar.gz`), () => [
    { path: "bin/mbnode", mode: 0o755, content: LAUNCHER },
    ...bundles,
  ]);
  const runtimes: Partial<Record<Architecture, Runtime>> = {};
  for (const architecture of new Set(architectures)) {
    runtimes[architecture] = await packRuntime(architecture, nodeVersion, cache);
  }
  return { id, archive, runtimes };
}

async function packRuntime(architecture: Architecture, version: string, cache: string): Promise<Runtime> {
  const name = `node-v${version}-linux-${architecture}`;
  const archive = await keep(join(cache, `${name}.tar.gz`), async () => {
    const folder = await runtimeFolder(architecture, version, cache);
    return [
      { path: "bin/node", mode: 0o755, content: { file: join(folder, "bin", "node") } },
      { path: "LICENSE", mode: 0o644, content: { file: join(folder, "LICENSE") } },
    ];
  });
  return { name, archive };
}

/** mbnode.mjs, and what it looks for beside itself: the code of some commands, a file for each thread. */
async function readBundles(
  cache: string,
): Promise<readonly { path: string; mode: number; content: string }[]> {
  const script = bundler();
  const folder = script ? join(cache, `.mbnode-${process.pid}`) : publishedBundles;
  try {
    if (script) await promisify(execFile)(process.execPath, [script, folder]);
    const names = (await readdir(folder)).sort();
    return await Promise.all(
      names.map(async (path) => ({
        path,
        mode: 0o644,
        content: await readFile(join(folder, path), "utf8"),
      })),
    );
  } catch (error) {
    const { stderr, message } = error as { stderr?: string; message: string };
    throw new UserError(
      "RELEASE_BUNDLE",
      `the mail node's program cannot be made (${(stderr || message).trim()})`,
      "run npm ci and try again",
      { cause: error },
    );
  } finally {
    if (script) await rm(folder, { recursive: true, force: true });
  }
}

/** The archive at `path`, made when it is not there yet. Complete whenever it has its name. */
async function keep(
  path: string,
  entries: () => readonly TarEntry[] | Promise<readonly TarEntry[]>,
): Promise<string> {
  if (existsSync(path)) return path;
  const temporary = `${path}.${process.pid}`;
  await pipeline(
    Readable.from(tar(await entries())),
    createGzip({ level: GZIP_LEVEL }),
    createWriteStream(temporary),
  );
  await rename(temporary, path);
  return path;
}
