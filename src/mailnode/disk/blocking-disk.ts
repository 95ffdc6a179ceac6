/**
 * What a write-ahead log asks of a disk, as calls that return when they are done: in a thread of its own that
 * is twice as quick as going through the thread pool. What is durable when is said at Disk.
 */
export interface BlockingDisk {
  /** Makes the directory and its parents, durably. Says nothing when it is there already. */
  makeDirectory(path: string): void;
  /** A new, empty file. Throws EEXIST when the name is taken. */
  create(path: string): BlockingFile;
  /** Throws ENOENT when there is no such file. */
  open(path: string, mode: "read" | "write"): BlockingFile;
  /** Takes the place of `to` in one step when both are in one directory. */
  rename(from: string, to: string): void;
  remove(path: string): void;
  /** The names in a directory, sorted. */
  list(path: string): readonly string[];
  syncDirectory(path: string): void;
}

export interface BlockingFile {
  size(): number;
  /** The bytes from `at` on, fewer where the file ends. */
  read(at: number, length: number): Uint8Array;
  /** Puts the pieces one after the other from `at` on, over what is there. */
  write(at: number, pieces: readonly Uint8Array[]): void;
  /** Makes content and size durable. */
  sync(): void;
  close(): void;
}
