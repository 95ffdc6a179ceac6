import { randomBytes } from "node:crypto";
import { mkdir, open, rename, unlink } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Puts `content` at `path` so that a reader, or the disk after a power loss, sees the old file or the new one
 * whole: a new file beside it, synced, renamed over it, and the directory synced.
 *
 * `mode` is the exact mode of the new file, whatever the umask. The directory must exist.
 */
export async function replaceFile(path: string, content: string | Uint8Array, mode: number): Promise<void> {
  const staged = `${path}.${randomBytes(6).toString("hex")}.tmp`;
  const file = await open(staged, "wx", mode);
  try {
    try {
      await file.chmod(mode);
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(staged, path);
  } catch (error) {
    await unlink(staged).catch(() => undefined);
    throw error;
  }
  await syncDirectory(dirname(path));
}

/** Makes a directory, and those above it that are missing, open to its owner alone. */
export async function makePrivateDirectory(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
