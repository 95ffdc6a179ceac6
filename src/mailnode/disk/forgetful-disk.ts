import { dirname, basename } from "node:path";
import type { Disk, DiskFile } from "./disk.ts";

/** What a disk is asked, as the fault hook sees it. */
export interface Operation {
  readonly name:
    "create" | "append" | "sync" | "close" | "rename" | "link" | "remove" | "list" | "read" | "syncDirectory";
  readonly path: string;
  /** 0 for the first operation of this disk. */
  readonly index: number;
}

/** "power" takes the power away: this and every later operation rejects, and nothing of it happens. */
export type DiskFault = "EIO" | "ENOSPC" | "power";

/** A piece that was appended and not yet synced. A doomed one was dropped by a sync that failed. */
interface Piece {
  readonly bytes: Uint8Array;
  doomed: boolean;
}

class Inode {
  /** What a reader sees: the page cache. */
  visible: Uint8Array = new Uint8Array(0);
  /** What is on the platter, without the pieces. */
  durable: Uint8Array = new Uint8Array(0);
  pieces: Piece[] = [];

  append(bytes: Uint8Array): void {
    this.visible = Buffer.concat([this.visible, bytes]);
    this.pieces.push({ bytes: bytes.slice(), doomed: false });
  }
}

/** One change of a directory, all or nothing: names with what they lead to, or undefined when they go. */
type NameChange = ReadonlyMap<string, Inode | undefined>;

class Directory {
  readonly names = new Map<string, Inode>();
  durable = new Map<string, Inode>();
  unsynced: NameChange[] = [];

  change(change: NameChange): void {
    apply(this.names, change);
    this.unsynced.push(change);
  }
}

/**
 * A disk that forgets what was not synced, harsher than a real one is likely to be.
 *
 * At a power loss unsynced content is gone, cut short or zeros; unsynced changes of a directory happened or
 * not, each by itself, except that a rename within one directory is one change. A rename between two
 * directories is two. After a sync that failed the content looks right and is lost: a later sync succeeds
 * and makes zeros durable. Directories themselves are durable at once.
 */
export class ForgetfulDisk implements Disk {
  /** Asked before every operation but makeDirectory. */
  fault: (operation: Operation) => DiskFault | undefined = () => undefined;
  /** How many operations there were. */
  operations = 0;
  readonly #directories = new Map<string, Directory>();
  #off = false;

  async makeDirectory(path: string): Promise<void> {
    this.#needPower();
    if (!this.#directories.has(path)) this.#directories.set(path, new Directory());
  }

  async create(path: string): Promise<DiskFile> {
    await this.#begin("create", path);
    const directory = this.#directory(path);
    if (directory.names.has(basename(path))) throw failure("EEXIST", path);
    const inode = new Inode();
    directory.change(new Map([[basename(path), inode]]));
    return {
      append: async (bytes) => {
        const short = bytes.slice(0, bytes.length >> 1);
        await this.#begin("append", path, () => inode.append(short));
        inode.append(bytes);
      },
      sync: async () => {
        await this.#begin("sync", path, () => inode.pieces.forEach((piece) => (piece.doomed = true)));
        const settled = inode.pieces.map(({ bytes, doomed }) =>
          doomed ? new Uint8Array(bytes.length) : bytes,
        );
        inode.durable = Buffer.concat([inode.durable, ...settled]);
        inode.pieces = [];
      },
      close: () => this.#begin("close", path),
    };
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#begin("rename", to);
    const inode = this.#inode(from);
    if (dirname(from) === dirname(to)) {
      this.#directory(to).change(
        new Map<string, Inode | undefined>([
          [basename(from), undefined],
          [basename(to), inode],
        ]),
      );
      return;
    }
    this.#directory(to).change(new Map([[basename(to), inode]]));
    this.#directory(from).change(new Map([[basename(from), undefined]]));
  }

  async link(from: string, to: string): Promise<void> {
    await this.#begin("link", to);
    if (this.#directory(to).names.has(basename(to))) throw failure("EEXIST", to);
    this.#directory(to).change(new Map([[basename(to), this.#inode(from)]]));
  }

  async remove(path: string): Promise<void> {
    await this.#begin("remove", path);
    this.#inode(path);
    this.#directory(path).change(new Map([[basename(path), undefined]]));
  }

  async list(path: string): Promise<readonly string[]> {
    await this.#begin("list", path);
    return [...this.#directory(`${path}/x`).names.keys()].sort();
  }

  async *read(path: string, start = 0): AsyncIterable<Uint8Array> {
    await this.#begin("read", path);
    const content = this.#inode(path).visible.subarray(start);
    const middle = content.length >> 1;
    yield content.subarray(0, middle);
    yield content.subarray(middle);
  }

  async syncDirectory(path: string): Promise<void> {
    await this.#begin("syncDirectory", path);
    const directory = this.#directory(`${path}/x`);
    directory.durable = new Map(directory.names);
    directory.unsynced = [];
  }

  /** The disk as it is found when the power is back. `random` decides what of the unsynced was written in time. */
  afterPowerLoss(random: () => number): ForgetfulDisk {
    return this.#copy(
      (directory) => {
        const names = new Map(directory.durable);
        for (const change of directory.unsynced) if (random() < 0.5) apply(names, change);
        return names;
      },
      (inode) =>
        Buffer.concat([
          inode.durable,
          ...inode.pieces.map(({ bytes, doomed }) => torn(bytes, doomed, random)),
        ]),
    );
  }

  /** The disk as the next process finds it when only the process died: the page cache is still there. */
  afterKill(): ForgetfulDisk {
    return this.#copy(
      (directory) => directory.names,
      (inode) => inode.visible,
    );
  }

  #copy(
    namesOf: (directory: Directory) => Map<string, Inode>,
    contentOf: (inode: Inode) => Uint8Array,
  ): ForgetfulDisk {
    const next = new ForgetfulDisk();
    const copies = new Map<Inode, Inode>();
    for (const [path, directory] of this.#directories) {
      const fresh = new Directory();
      for (const [name, inode] of namesOf(directory)) {
        const copy = copies.get(inode) ?? withContent(contentOf(inode));
        copies.set(inode, copy);
        fresh.names.set(name, copy);
      }
      fresh.durable = new Map(fresh.names);
      next.#directories.set(path, fresh);
    }
    return next;
  }

  /** Counts the operation and asks for a fault; `partly` is what an operation that fails has done all the same. */
  async #begin(name: Operation["name"], path: string, partly: () => void = () => undefined): Promise<void> {
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

  #directory(path: string): Directory {
    const directory = this.#directories.get(dirname(path));
    if (!directory) throw failure("ENOENT", dirname(path));
    return directory;
  }

  #inode(path: string): Inode {
    const inode = this.#directory(path).names.get(basename(path));
    if (!inode) throw failure("ENOENT", path);
    return inode;
  }
}

function withContent(content: Uint8Array): Inode {
  return Object.assign(new Inode(), { visible: content, durable: content });
}

function apply(names: Map<string, Inode>, change: NameChange): void {
  for (const [name, inode] of change) {
    if (inode) names.set(name, inode);
    else names.delete(name);
  }
}

/** Unsynced content after a power loss: as written, cut short, zeros of its length, or nothing. */
function torn(bytes: Uint8Array, doomed: boolean, random: () => number): Uint8Array {
  if (doomed) return new Uint8Array(bytes.length);
  const fate = Math.floor(random() * 4);
  if (fate === 0) return bytes;
  if (fate === 1) return bytes.slice(0, Math.floor(random() * bytes.length));
  return new Uint8Array(fate === 2 ? bytes.length : 0);
}

function failure(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code });
}
