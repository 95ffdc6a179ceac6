import { execFile } from "node:child_process";
import { cp, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);

export const checkout = fileURLToPath(new URL("../../", import.meta.url));

/** What a run leaves in a checkout, and what is linked instead of copied. */
const LEFT_OUT = new Set([".git", ".cache", ".mailbastion", "cdktf.out", "dist", "node_modules"]);

export interface Packed {
  /** The tarball that would be published. */
  readonly tarball: string;
  /** Every path in it, from the package's folder. */
  readonly files: readonly string[];
}

/**
 * Packs a copy of the checkout, so that the checkout's own dist is left alone, with what an earlier build and a
 * lab may have left behind in it.
 */
export async function pack(folder: string): Promise<Packed> {
  const copy = join(folder, "checkout");
  await cp(checkout, copy, { recursive: true, filter: (path) => !LEFT_OUT.has(basename(path)) });
  await symlink(join(checkout, "node_modules"), join(copy, "node_modules"));
  await plant(copy, "dist/left-by-an-earlier-build.js");
  await plant(copy, "examples/.mailbastion/labs/acme/id_ed25519");
  const { stdout: printed } = await run("npm", ["pack", "--pack-destination", folder, "--silent"], {
    cwd: copy,
  });
  const tarball = join(folder, printed.trim().split("\n").at(-1)!);
  const { stdout } = await run("tar", ["-tzf", tarball]);
  return {
    tarball,
    files: stdout
      .trim()
      .split("\n")
      .map((path) => path.replace(/^package\//, "")),
  };
}

async function plant(copy: string, path: string): Promise<void> {
  await mkdir(join(copy, path, ".."), { recursive: true });
  await writeFile(join(copy, path), "");
}

/** A block of code in docs/reference/constructs.md, the first of its language being 0: what it tells a person to write. */
export async function documented(language: "ts" | "json", index = 0): Promise<string> {
  const page = await readFile(join(checkout, "docs/reference/constructs.md"), "utf8");
  const blocks = [...page.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, "gms"))];
  const code = blocks[index]?.[1];
  if (code === undefined) throw new Error(`constructs.md has no ${language} number ${index}`);
  return code;
}

/**
 * A project that has the package installed as constructs.md says, from the tarball and the npm registry.
 *
 * Without what the page names for development: cdktf's CLI and a runtime, which this test brings itself.
 */
export async function install(folder: string, { tarball }: Packed): Promise<string> {
  const project = join(folder, "project");
  await mkdir(project);
  const manifest = JSON.parse(await documented("json")) as { dependencies: Record<string, string> };
  manifest.dependencies["mailbastion"] = `file:${tarball}`;
  await writeFile(join(project, "package.json"), JSON.stringify(manifest));
  const args = ["--omit=dev", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund"];
  await run("npm", ["install", ...args], { cwd: project });
  return project;
}
