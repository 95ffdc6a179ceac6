import type { Context, Space } from "./context.ts";
import { ExpiryQueue } from "./expiry-queue.ts";

interface Expiring {
  /** In the state's time; absent: stays until it is deleted. */
  readonly expiresAt?: number | undefined;
}

/** Below this size the queue of ends is not worth tidying. */
const TIDY_FROM = 64;

/** A table of records by key, some of which end at a time; every change is told. */
export class Records<T extends Expiring> {
  readonly #space: Space;
  readonly #map = new Map<string, T>();
  readonly #ends = new ExpiryQueue();

  constructor(space: Space) {
    this.#space = space;
  }

  get size(): number {
    return this.#map.size;
  }

  /** How many ends are queued; some belong to records that were renewed or deleted since. */
  get ends(): number {
    return this.#ends.size;
  }

  get(key: string): T | undefined {
    return this.#map.get(key);
  }

  set(key: string, record: T, context: Context): void {
    this.#map.set(key, record);
    this.#watchEnd(key, record);
    context.emit({ space: this.#space, key, change: "set", index: context.index, record });
  }

  /** Whether there was such a record. */
  delete(key: string, context: Context, change: "deleted" | "expired" = "deleted"): boolean {
    if (!this.#map.delete(key)) return false;
    context.emit({ space: this.#space, key, change, index: context.index, record: undefined });
    return true;
  }

  /** Removes what has ended and gives it back, earliest first. */
  expire(context: Context): readonly (readonly [string, T])[] {
    const ended: (readonly [string, T])[] = [];
    for (let item = this.#ends.take(context.now); item; item = this.#ends.take(context.now)) {
      const record = this.#map.get(item.key);
      // A record that was renewed since has another item in the queue.
      if (record?.expiresAt !== item.at) continue;
      this.delete(item.key, context, "expired");
      ended.push([item.key, record]);
    }
    return ended;
  }

  /** All records whose key begins with `prefix`, sorted by key. */
  list(prefix = ""): readonly (readonly [string, T])[] {
    const found = [...this.#map].filter(([key]) => key.startsWith(prefix));
    return found.sort(([a], [b]) => (a < b ? -1 : 1));
  }

  dump(): readonly (readonly [string, T])[] {
    return this.list();
  }

  load(records: readonly (readonly [string, T])[]): void {
    this.#map.clear();
    this.#ends.clear();
    for (const [key, record] of records) {
      this.#map.set(key, record);
      this.#watchEnd(key, record);
    }
  }

  #watchEnd(key: string, record: T): void {
    if (record.expiresAt === undefined) return;
    // Records that are renewed often leave items behind: once those outweigh, the queue is made anew.
    if (this.#ends.size > TIDY_FROM + 2 * this.#map.size) {
      this.#ends.clear();
      for (const [other, { expiresAt }] of this.#map)
        if (expiresAt !== undefined) this.#ends.add(expiresAt, other);
      return;
    }
    this.#ends.add(record.expiresAt, key);
  }
}
