/**
 * What the mail node asks of a disk. Nothing is durable before the sync that covers it: the content of a
 * file after its own sync, a name (created, renamed, removed) after the sync of its directory.
 *
 * Errors are those of node:fs, with their `code`. After a failed sync nothing is known about the content
 * and a second sync proves nothing, as the kernel has dropped the pages (LWN, "PostgreSQL's fsync()
 * surprise"): the file must be given up.
 */
export interface Disk {
  /** Makes the directory and its parents, durably. Says nothing when it is there already. */
  makeDirectory(path: string): Promise<void>;
  /** A new, empty file. Rejects with EEXIST when the name is taken. */
  create(path: string): Promise<DiskFile>;
  /** Takes the place of `to` in one step when both are in one directory. */
  rename(from: string, to: string): Promise<void>;
  /** A second name for the same file. Rejects with ENOENT when there is no such file, else EEXIST when the name is taken. */
  link(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** The names in a directory, sorted. */
  list(path: string): Promise<readonly string[]>;
  /** The content from byte `start` on, in pieces of at most `pieceBytes`. Rejects with ENOENT when there is no such file. */
  read(path: string, start?: number, pieceBytes?: number): AsyncIterable<Uint8Array>;
  /** Of a file, in bytes. Rejects with ENOENT when there is no such file. */
  size(path: string): Promise<number>;
  /** What the file system on which a directory lies has left for this user, in bytes. */
  freeBytes(path: string): Promise<number>;
  syncDirectory(path: string): Promise<void>;
}

export interface DiskFile {
  append(bytes: Uint8Array): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** The whole of a small file as text. */
export async function readText(disk: Disk, path: string): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of disk.read(path)) pieces.push(piece);
  return Buffer.concat(pieces).toString("utf8");
}

/** Removes a file that may be gone already. */
export async function removeIfThere(disk: Disk, path: string): Promise<void> {
  try {
    await disk.remove(path);
  } catch (error) {
    if (!hasCode(error, "ENOENT")) throw error;
  }
}

/** The size of a file that may be gone already, in bytes; undefined when it is. */
export async function sizeIfThere(disk: Disk, path: string): Promise<number | undefined> {
  try {
    return await disk.size(path);
  } catch (error) {
    if (!hasCode(error, "ENOENT")) throw error;
    return undefined;
  }
}

/** Whether an error of a disk bears this code, "ENOENT". */
export function hasCode(error: unknown, code: string): boolean {
  return typeof error === "object" && error !== null && "code" in error && error.code === code;
}

/** What a drive writes whole or not at all, in bytes. */
export const SECTOR = 512;
