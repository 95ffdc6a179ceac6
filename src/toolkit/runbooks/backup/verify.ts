import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { UserError } from "../../../support/errors.ts";
import { lookIntoCache, lookIntoDatabase, type DatabaseCopy } from "./look-inside.ts";
import { MANIFEST, readManifest, type Manifest } from "./manifest.ts";

/** One file of a backup, with its path below the backup's folder. */
export interface FileOfBackup {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

export interface VerifiedBackup {
  readonly manifest: Manifest;
  /** Absent without a key, and where the backup holds none. */
  readonly database?: DatabaseCopy;
}

/** Every file of a backup but its manifest, as it lies on the disk, sorted by path. */
export async function filesOf(folder: string): Promise<readonly FileOfBackup[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .filter((path) => path !== MANIFEST)
    .toSorted();
  const files: FileOfBackup[] = [];
  for (const path of paths) {
    const hash = createHash("sha256");
    await pipeline(createReadStream(join(folder, path)), hash);
    files.push({ path, bytes: (await stat(join(folder, path))).size, sha256: hash.digest("hex") });
  }
  return files;
}

/**
 * Checks a backup without a cluster: every file is there as it was written, and with a key, that what is sealed opens
 * and reads to its end. Throws BACKUP_UNREADABLE, BACKUP_DAMAGED, and what the key is refused with.
 *
 * @param keyFile absent where nobody has the key: then only the hashes are compared
 */
export async function verifyBackup(folder: string, keyFile: string | undefined): Promise<VerifiedBackup> {
  const manifest = await readManifest(folder);
  const found = new Map((await filesOf(folder)).map((file) => [file.path, file]));
  const faults = manifest.files.flatMap(({ path, bytes, sha256 }) => {
    const file = found.get(path);
    if (!file) return [`${path} is missing`];
    if (file.bytes !== bytes) return [`${path} has ${file.bytes} bytes, and had ${bytes}`];
    return file.sha256 === sha256 ? [] : [`${path} was changed`];
  });
  if (faults.length > 0) {
    throw new UserError(
      "BACKUP_DAMAGED",
      `the backup ${folder} is not as it was written: ${faults.join("; ")}`,
      "take another copy of it, or another backup",
    );
  }
  if (keyFile === undefined) return { manifest };
  const database = manifest.database && (await lookIntoDatabase(folder, keyFile));
  if (manifest.cache) await lookIntoCache(folder, keyFile);
  return { manifest, ...(database && { database }) };
}
