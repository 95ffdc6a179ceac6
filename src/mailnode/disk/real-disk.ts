import { createReadStream } from "node:fs";
import { link, mkdir, open, readdir, rename, stat, statfs, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import type { Disk, DiskFile } from "./disk.ts";

/** The machine's own file system. Files are made 0600, directories 0700: mail is nobody else's to read. */
export const realDisk: Disk = {
  async makeDirectory(path) {
    const made = await mkdir(path, { recursive: true, mode: 0o700 });
    if (made === undefined) return;
    for (let at = path; at.length >= made.length; at = dirname(at)) await syncDirectory(dirname(at));
  },

  async create(path): Promise<DiskFile> {
    const handle = await open(path, "wx", 0o600);
    return {
      async append(bytes) {
        for (let done = 0; done < bytes.length;) done += (await handle.write(bytes, done)).bytesWritten;
      },
      sync: () => handle.sync(),
      close: () => handle.close(),
    };
  },

  rename,
  link,
  remove: unlink,
  list: async (path) => (await readdir(path)).sort(),

  // A generator, so that the file is not open before someone reads, and closed when they stop early.
  async *read(path, start = 0, highWaterMark = 65_536) {
    yield* createReadStream(path, { start, highWaterMark }) as AsyncIterable<Uint8Array>;
  },

  size: async (path) => (await stat(path)).size,

  async freeBytes(path) {
    const { bavail, bsize } = await statfs(path);
    return bavail * bsize;
  },

  syncDirectory,
};

/** fsync of a directory: on Linux a directory opened for reading can be synced (fsync(2), NOTES). */
async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
