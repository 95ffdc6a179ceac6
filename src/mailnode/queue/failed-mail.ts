import { join } from "node:path";
import type { Logger } from "pino";
import type { Env } from "../../support/env.ts";
import { KeyedHeap } from "../../support/keyed-heap.ts";
import { removeIfThere, sizeIfThere, type Disk } from "../disk/disk.ts";
import { STATE } from "./entry.ts";
import { timeOf } from "./spool.ts";

export interface FailedMailLimits {
  readonly maxBytes: number;
  readonly maxAgeMs: number;
  /** While the file system has less left, failed mail goes: it must never be why new mail is refused. */
  readonly leaveFreeBytes: number;
}

export const FAILED_MAIL_LIMITS: Omit<FailedMailLimits, "leaveFreeBytes"> = {
  maxBytes: 2 ** 30,
  maxAgeMs: 30 * 86_400_000,
};

const TIDY_EACH_MS = 3_600_000;
/** What files are reckoned in: the blocks of common file systems. */
const BLOCK_BYTES = 4096;

interface Kept {
  readonly id: string;
  readonly sinceMs: number;
  /** Of the message and its state, in whole blocks. */
  readonly bytes: number;
}

/**
 * Keeps failed/ within its limits, the oldest goes first: anyone can bring mail there, with the null sender and a
 * recipient of ours that the next hop does not know.
 *
 * Removals are not synced: what a loss of power brings back goes again.
 */
export class FailedMail {
  readonly #disk: Disk;
  readonly #path: string;
  readonly #limits: FailedMailLimits;
  readonly #env: Env;
  readonly #log: Logger;
  /** The oldest first. */
  readonly #kept = new KeyedHeap<Kept>(
    ({ id }) => id,
    (a, b) => a.sinceMs - b.sinceMs || (a.id < b.id ? -1 : 1),
  );
  readonly #end = new AbortController();
  #bytes = 0;
  #loop: Promise<void> | undefined;

  constructor(disk: Disk, path: string, limits: FailedMailLimits, env: Env, log: Logger) {
    this.#disk = disk;
    this.#path = path;
    this.#limits = limits;
    this.#env = env;
    this.#log = log;
  }

  /** What it takes on the disk, as far as it is known: until the first look has ended, less. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Looks what is there, removes what is too much, and does so every hour until stop. */
  start(): void {
    this.#loop ??= this.#keepTidy();
  }

  async stop(): Promise<void> {
    this.#end.abort();
    await this.#loop;
  }

  /** Counts a message that was set aside, and makes room for it. Never rejects: the next tidying tries again. */
  async add(id: string): Promise<void> {
    await this.#orLogged(async () => {
      this.#keep(id, await this.#measure(id));
      await this.#tidy();
    });
  }

  async #keepTidy(): Promise<void> {
    const { signal } = this.#end;
    while (!signal.aborted) {
      await this.#orLogged(async () => {
        await this.#look();
        await this.#tidy();
      });
      await this.#env.sleep(TIDY_EACH_MS, signal).catch(() => undefined);
    }
  }

  /** Brings the index in line with the directory, from which an operator may have removed files. */
  async #look(): Promise<void> {
    const known = [...this.#kept.values()];
    const names = await this.#disk.list(this.#path);
    const there = new Set(names.map((name) => (name.endsWith(STATE) ? name.slice(0, -STATE.length) : name)));
    for (const kept of known) if (!there.has(kept.id)) this.#forget(kept);
    for (const id of there) {
      if (this.#end.signal.aborted) return;
      if (this.#kept.get(id)) continue;
      const bytes = await this.#measure(id);
      // What was set aside meanwhile was measured when it was whole.
      if (!this.#kept.get(id)) this.#keep(id, bytes);
    }
  }

  /** What cannot be removed keeps nothing else there, and is found again by the next look. */
  async #tidy(): Promise<void> {
    const { leaveFreeBytes } = this.#limits;
    // Without an answer the other limits hold all the same.
    const freeBytes = await this.#disk.freeBytes(this.#path).catch(() => Infinity);
    const spareBytes = this.#bytes + freeBytes - leaveFreeBytes;
    for (let oldest = this.#kept.first(); oldest; oldest = this.#kept.first()) {
      const why = this.#objection(oldest, spareBytes);
      if (why === undefined) return;
      this.#forget(oldest);
      const { id, bytes } = oldest;
      await this.#orLogged(async () => {
        for (const name of [id, id + STATE]) await removeIfThere(this.#disk, join(this.#path, name));
        this.#log.warn({ id, bytes, why }, "removed from failed/");
      });
    }
  }

  #objection({ sinceMs }: Kept, spareBytes: number): "age" | "size" | "space" | undefined {
    if (this.#env.now() - sinceMs > this.#limits.maxAgeMs) return "age";
    if (this.#bytes > this.#limits.maxBytes) return "size";
    return this.#bytes > spareBytes ? "space" : undefined;
  }

  /** The age counts from when the message was taken in; where the name does not tell, from now. */
  #keep(id: string, bytes: number): void {
    const now = this.#env.now();
    const before = this.#kept.get(id);
    if (before) this.#forget(before);
    const kept = { id, bytes, sinceMs: before?.sinceMs ?? Math.min(timeOf(id) ?? now, now) };
    this.#kept.set(kept);
    this.#bytes += bytes;
  }

  #forget(kept: Kept): void {
    if (this.#kept.delete(kept)) this.#bytes -= kept.bytes;
  }

  async #measure(id: string): Promise<number> {
    let bytes = 0;
    for (const name of [id, id + STATE]) {
      const size = (await sizeIfThere(this.#disk, join(this.#path, name))) ?? 0;
      bytes += Math.ceil(size / BLOCK_BYTES) * BLOCK_BYTES;
    }
    return bytes;
  }

  async #orLogged(work: () => Promise<void>): Promise<void> {
    await work().catch((error: unknown) => this.#log.error({ err: error }, "failed/ could not be tidied"));
  }
}
