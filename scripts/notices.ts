import { readFileSync, readdirSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Metafile } from "esbuild";

/** What lies beside bundles. */
export const NOTICES = "third-party-notices.txt";

/**
 * Writes the licences of the packages whose code is in a bundle beside it: each asks that its notice goes with its code.
 * Throws when a package says nothing of its licence.
 */
export async function writeNotices(root: string, outdir: string, { outputs }: Metafile): Promise<void> {
  const bundled = Object.values(outputs).flatMap(({ inputs }) =>
    Object.entries(inputs).flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? packageOf(path) : [])),
  );
  const notices = [...new Set(bundled)].toSorted().map((folder) => noticeOf(join(root, folder)));
  await writeFile(resolve(root, outdir, NOTICES), notices.join(`\n${"-".repeat(80)}\n\n`));
}

/** The folder of the package that a file belongs to; nothing of a file of our own. */
function packageOf(path: string): readonly string[] {
  return /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.slice(0, 1) ?? [];
}

function noticeOf(folder: string): string {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
    name: string;
    version: string;
    license?: string;
  };
  const files = readdirSync(folder).filter((file) => /^(licen[cs]e|copying|notice)(\.|-|$)/i.test(file));
  if (files.length === 0 && license === undefined) throw new Error(`${name} says nothing of its licence`);
  const texts = files.toSorted().map((file) => readFileSync(join(folder, file), "utf8").trim());
  return `${[`${name} ${version} (${license ?? "see below"})`, ...texts].join("\n\n")}\n`;
}
