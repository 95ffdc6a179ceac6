import { mkdir, readFile, writeFile } from "node:fs/promises";
import ssh2 from "ssh2";
import { replaceFile } from "../disk/replace-file.ts";
import type { LabPaths } from "./state.ts";

/** The public half of the lab's own SSH key, which is made when there is none yet; the private half is 0600. */
export async function ensureLabKey(paths: LabPaths, lab: string): Promise<string> {
  const publicPath = `${paths.key}.pub`;
  const known = await readFile(publicPath, "utf8").catch(() => undefined);
  if (known !== undefined) return known.trim();
  await mkdir(paths.directory, { recursive: true, mode: 0o700 });
  const pair = ssh2.utils.generateKeyPairSync("ed25519", { comment: `mailbastion lab ${lab}` });
  await replaceFile(paths.key, pair.private, 0o600);
  await writeFile(publicPath, `${pair.public}\n`, { mode: 0o644 });
  return pair.public;
}
