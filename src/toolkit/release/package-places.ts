import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The package's folder: three above this file, in src and in dist alike. */
export const packageRoot = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));

const BUNDLER = join(packageRoot, "scripts", "build-mbnode.ts");

/** The script that bundles the mail node; undefined in the published package, which brings the bundles. */
export function bundler(): string | undefined {
  return existsSync(BUNDLER) ? BUNDLER : undefined;
}

/** The folder with the bundles of the published package. */
export const publishedBundles = join(packageRoot, "dist", "mbnode");

/** Where archives are kept between runs: in a checkout beside it, else in the user's cache. */
export function cacheDirectory(): string {
  if (bundler()) return join(packageRoot, ".cache", "release");
  return join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "mailbastion", "release");
}

/** What the package says of itself: its version and the Node that it is tested with. */
export function manifest(): { readonly version: string; readonly nodeVersion: string } {
  const { version, devDependencies } = JSON.parse(
    readFileSync(join(packageRoot, "package.json"), "utf8"),
  ) as {
    version: string;
    devDependencies: { node: string };
  };
  return { version, nodeVersion: devDependencies.node };
}
