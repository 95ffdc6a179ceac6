import {
  closeSync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  unlinkSync,
  writevSync,
} from "node:fs";
import { dirname } from "node:path";
import type { BlockingDisk, BlockingFile } from "./blocking-disk.ts";

/** The machine's own file system. Files are made 0600, directories 0700. */
export const realBlockingDisk: BlockingDisk = {
  makeDirectory(path) {
    const made = mkdirSync(path, { recursive: true, mode: 0o700 });
    if (made === undefined) return;
    for (let at = path; at.length >= made.length; at = dirname(at)) syncDirectory(dirname(at));
  },
  create: (path) => file(openSync(path, "wx+", 0o600)),
  open: (path, mode) => file(openSync(path, mode === "read" ? "r" : "r+")),
  rename: renameSync,
  remove: unlinkSync,
  list: (path) => readdirSync(path).sort(),
  syncDirectory,
};

function file(fd: number): BlockingFile {
  return {
    size: () => fstatSync(fd).size,
    read(at, length) {
      const bytes = new Uint8Array(length);
      let done = 0;
      for (let count = -1; count !== 0 && done < length; done += count) {
        count = readSync(fd, bytes, done, length - done, at + done);
      }
      return bytes.subarray(0, done);
    },
    write(at, pieces) {
      let rest = pieces.filter((piece) => piece.length > 0);
      for (let position = at; rest.length > 0;) {
        const written = writevSync(fd, rest.slice(0, MAX_PIECES), position);
        position += written;
        rest = after(rest, written);
      }
    },
    // The size is part of what fdatasync makes durable (fdatasync(2)); times are not, which saves a write.
    sync: () => fdatasyncSync(fd),
    close: () => closeSync(fd),
  };
}

/** What one writev takes (IOV_MAX, limits.h). */
const MAX_PIECES = 1024;

/** The pieces without their first `count` bytes. */
function after(pieces: readonly Uint8Array[], count: number): Uint8Array[] {
  let left = count;
  let first = 0;
  while (first < pieces.length && left >= pieces[first]!.length) left -= pieces[first++]!.length;
  const rest = pieces.slice(first);
  if (left > 0) rest[0] = rest[0]!.subarray(left);
  return rest;
}

/** fsync of a directory: on Linux a directory opened for reading can be synced (fsync(2), NOTES). */
function syncDirectory(path: string): void {
  const fd = openSync(path, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
