import { basename, dirname } from "node:path";
import type { BlockingDisk, BlockingFile } from "./blocking-disk.ts";
import { SECTOR } from "./disk.ts";
import { ForgetfulInode } from "./forgetful-inode.ts";
import { ForgetfulNames, type NameChange } from "./forgetful-names.ts";

/** What a disk is asked, as the fault hook sees it. An "append" is a write at the end of a file. */
export interface Operation {
  readonly name:
    | "create"
    | "open"
    | "append"
    | "write"
    | "sync"
    | "close"
    | "rename"
    | "link"
    | "remove"
    | "list"
    | "read"
    | "size"
    | "statfs"
    | "syncDirectory";
  readonly path: string;
  /** 0 for the first operation of this disk. */
  readonly index: number;
}

/** "power" takes the power away: this and every later operation throws, and nothing of it happens. */
export type DiskFault = "EIO" | "ENOSPC" | "power";

/**
 * A disk that forgets what was not synced, harsher than a real one is likely to be.
 *
 * At a power loss unsynced content is gone, cut short, there in some of its 512-byte sectors, or zeros;
 * unsynced changes of a directory happened or not, each by itself, except that a rename within one directory is
 * one change. A rename between two directories is two. After a sync that failed the content looks right and is
 * lost: a later sync succeeds and makes durable what was there before. Directories themselves are durable at once.
 */
export class ForgetfulBlockingDisk implements BlockingDisk {
  /** Asked before every operation but makeDirectory. */
  fault: (operation: Operation) => DiskFault | undefined = () => undefined;
  /** How many operations there were. */
  operations = 0;
  /** What freeBytes reckons from, in bytes. It refuses no write: that is the fault hook's to do. */
  capacity = Infinity;
  readonly #directories = new Map<string, ForgetfulNames<ForgetfulInode>>();
  #off = false;

  makeDirectory(path: string): void {
    this.#needPower();
    if (!this.#directories.has(path)) this.#directories.set(path, new ForgetfulNames());
  }

  create(path: string): BlockingFile {
    this.#begin("create", path);
    const directory = this.#directory(path);
    if (directory.visible.has(basename(path))) throw failure("EEXIST", path);
    const inode = new ForgetfulInode();
    directory.change(new Map([[basename(path), inode]]));
    return this.#file(path, inode);
  }

  open(path: string, _mode: "read" | "write"): BlockingFile {
    this.#begin("open", path);
    return this.#file(path, this.#inode(path));
  }

  rename(from: string, to: string): void {
    this.#begin("rename", to);
    const inode = this.#inode(from);
    if (dirname(from) === dirname(to)) {
      this.#directory(to).change(names([basename(from), undefined], [basename(to), inode]));
      return;
    }
    this.#directory(to).change(names([basename(to), inode]));
    this.#directory(from).change(names([basename(from), undefined]));
  }

  /** A second name for the same file. Throws ENOENT when there is no such file, else EEXIST when the name is taken. */
  link(from: string, to: string): void {
    this.#begin("link", to);
    const inode = this.#inode(from);
    if (this.#directory(to).visible.has(basename(to))) throw failure("EEXIST", to);
    this.#directory(to).change(names([basename(to), inode]));
  }

  remove(path: string): void {
    this.#begin("remove", path);
    this.#inode(path);
    this.#directory(path).change(names([basename(path), undefined]));
  }

  list(path: string): readonly string[] {
    this.#begin("list", path);
    return [...this.#directory(`${path}/x`).visible.keys()].sort();
  }

  syncDirectory(path: string): void {
    this.#begin("syncDirectory", path);
    this.#directory(`${path}/x`).sync();
  }

  /** The whole content of a file, as one operation. */
  content(path: string): Uint8Array {
    this.#begin("read", path);
    return this.#inode(path).visible.slice();
  }

  size(path: string): number {
    this.#begin("size", path);
    return this.#inode(path).visible.length;
  }

  /** Counts the content alone, and a file once however many names it has. */
  freeBytes(path: string): number {
    this.#begin("statfs", path);
    const inodes = new Set([...this.#directories.values()].flatMap(({ visible }) => [...visible.values()]));
    return [...inodes].reduce((left, { visible }) => left - visible.length, this.capacity);
  }

  /** Turns one bit of a file over, as a drive does that ages. */
  flip(path: string, at: number, bit = 0): void {
    this.#inode(path).flip(at, bit);
  }

  /** Gives zeros for the sector of a file in which `at` lies, as a drive does that has lost it. */
  blank(path: string, at: number): void {
    this.#inode(path).blank(at);
  }

  /** The disk as it is found when the power is back. `random` decides what of the unsynced was written in time. */
  afterPowerLoss(random: () => number): ForgetfulBlockingDisk {
    return this.#copy(
      (directory) => directory.afterPowerLoss(random),
      (inode) => inode.afterPowerLoss(random),
    );
  }

  /** The disk as the next process finds it when only the process died: the page cache is still there. */
  afterKill(): ForgetfulBlockingDisk {
    return this.#copy(
      (directory) => directory.visible,
      (inode) => inode.visible,
    );
  }

  #file(path: string, inode: ForgetfulInode): BlockingFile {
    return {
      size: () => inode.visible.length,
      read: (at, length) => {
        this.#begin("read", path);
        return inode.visible.slice(at, at + length);
      },
      write: (at, pieces) => {
        const bytes = Buffer.concat(pieces);
        const isAppend = at === inode.visible.length;
        const middle = at + (bytes.length >> 1);
        // Into space that is there a kernel copies page by page, so that what was copied ends with a sector.
        const short = bytes.subarray(0, Math.max(0, (isAppend ? middle : middle - (middle % SECTOR)) - at));
        this.#begin(isAppend ? "append" : "write", path, () => inode.write(at, short));
        inode.write(at, bytes);
      },
      sync: () => {
        this.#begin("sync", path, () => inode.doom());
        inode.sync();
      },
      close: () => this.#begin("close", path),
    };
  }

  #copy(
    namesOf: (directory: ForgetfulNames<ForgetfulInode>) => Map<string, ForgetfulInode>,
    contentOf: (inode: ForgetfulInode) => Uint8Array,
  ): ForgetfulBlockingDisk {
    const next = new ForgetfulBlockingDisk();
    next.capacity = this.capacity;
    const copies = new Map<ForgetfulInode, ForgetfulInode>();
    for (const [path, directory] of this.#directories) {
      const fresh = new ForgetfulNames<ForgetfulInode>();
      for (const [name, inode] of namesOf(directory)) {
        const copy = copies.get(inode) ?? ForgetfulInode.holding(contentOf(inode));
        copies.set(inode, copy);
        fresh.change(names([name, copy]));
      }
      fresh.sync();
      next.#directories.set(path, fresh);
    }
    return next;
  }

  /** Counts the operation and asks for a fault; `partly` is what an operation that fails has done all the same. */
  #begin(name: Operation["name"], path: string, partly: () => void = () => undefined): void {
    this.#needPower();
    const fault = this.fault({ name, path, index: this.operations++ });
    if (fault === "power") {
      this.#off = true;
      this.#needPower();
    }
    if (fault) {
      partly();
      throw failure(fault, path);
    }
  }

  #needPower(): void {
    if (this.#off) throw failure("EPOWER", "the disk");
  }

  #directory(path: string): ForgetfulNames<ForgetfulInode> {
    const directory = this.#directories.get(dirname(path));
    if (!directory) throw failure("ENOENT", dirname(path));
    return directory;
  }

  #inode(path: string): ForgetfulInode {
    const inode = this.#directory(path).visible.get(basename(path));
    if (!inode) throw failure("ENOENT", path);
    return inode;
  }
}

function names(...changes: (readonly [string, ForgetfulInode | undefined])[]): NameChange<ForgetfulInode> {
  return new Map(changes);
}

function failure(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code });
}
