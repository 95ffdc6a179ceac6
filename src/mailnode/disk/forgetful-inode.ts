import { SECTOR } from "./disk.ts";

interface Write {
  readonly at: number;
  readonly bytes: Uint8Array;
  /** Dropped by a sync that failed: it will never reach the platter. */
  doomed: boolean;
}

/** The content of a file: what a reader sees, and what is on the platter. */
export class ForgetfulInode {
  #visible: Uint8Array = new Uint8Array(0);
  #durable: Uint8Array = new Uint8Array(0);
  #unsynced: Write[] = [];

  static holding(content: Uint8Array): ForgetfulInode {
    const inode = new ForgetfulInode();
    inode.#visible = content.slice();
    inode.#durable = content.slice();
    return inode;
  }

  /** What a reader sees: the page cache. */
  get visible(): Uint8Array {
    return this.#visible;
  }

  write(at: number, bytes: Uint8Array): void {
    this.#visible = over(this.#visible, at, bytes);
    this.#unsynced.push({ at, bytes: bytes.slice(), doomed: false });
  }

  sync(): void {
    if (this.#durable.length !== this.#visible.length)
      this.#durable = sized(this.#durable, this.#visible.length);
    for (const { at, bytes, doomed } of this.#unsynced) if (!doomed) this.#durable.set(bytes, at);
    this.#unsynced = [];
  }

  /** A sync that failed: the kernel has dropped the pages and still shows them. */
  doom(): void {
    for (const write of this.#unsynced) write.doomed = true;
  }

  /**
   * The content when the power is back. The file may have grown or not, or in part; each unsynced write is there,
   * or not, or some of its sectors are.
   */
  afterPowerLoss(random: () => number): Uint8Array {
    let content = sized(this.#durable, this.#visible.length);
    for (const { at, bytes, doomed } of this.#unsynced) {
      const fate = Math.floor(random() * 3);
      if (doomed || fate === 0) continue;
      for (const [start, end] of sectors(at, at + bytes.length)) {
        if (fate === 1 || random() < 0.5) content.set(bytes.subarray(start - at, end - at), start);
      }
    }
    const growth = this.#visible.length - this.#durable.length;
    const fate = Math.floor(random() * 4);
    if (fate === 0) content = content.slice(0, this.#durable.length);
    if (fate === 1) content = content.slice(0, this.#durable.length + Math.floor(random() * growth));
    return content;
  }

  /** Turns one bit over, on the platter and in the cache. */
  flip(at: number, bit: number): void {
    for (const content of [this.#visible, this.#durable]) {
      if (at < content.length) content[at] = content[at]! ^ (1 << bit);
    }
  }

  /** Makes the sector in which `at` lies all zeros, on the platter and in the cache. */
  blank(at: number): void {
    const start = at - (at % SECTOR);
    for (const content of [this.#visible, this.#durable]) content.fill(0, start, start + SECTOR);
  }
}

/** The parts of [from, to) that lie in one sector each. */
function* sectors(from: number, to: number): Generator<readonly [start: number, end: number]> {
  for (let start = from; start < to;) {
    const end = Math.min(to, (Math.floor(start / SECTOR) + 1) * SECTOR);
    yield [start, end];
    start = end;
  }
}

function sized(content: Uint8Array, length: number): Uint8Array {
  const result = new Uint8Array(length);
  result.set(content.subarray(0, length));
  return result;
}

function over(content: Uint8Array, at: number, bytes: Uint8Array): Uint8Array {
  const result = at + bytes.length > content.length ? sized(content, at + bytes.length) : content;
  result.set(bytes, at);
  return result;
}
