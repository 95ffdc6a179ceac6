import { cp, symlink } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/**
 * Lays mbctl into a folder as `npm install` does on a person's machine: what is published of it, bundled, and beside it
 * the packages that it needs. Resolves to its program.
 */
export async function installMbctl(folder: string): Promise<string> {
  const place = join(folder, "mailbastion");
  for (const part of ["bin", "package.json", "templates"])
    await cp(join(ROOT, part), join(place, part), { recursive: true });
  await symlink(join(ROOT, "node_modules"), join(place, "node_modules"));
  await execa(process.execPath, [join(ROOT, "scripts/build-mbctl.ts"), join(place, "dist")]);
  return join(place, "bin/mbctl.js");
}
