import { KeyedHeap } from "../../support/keyed-heap.ts";
import type { QueueEntry } from "./entry.ts";
import { heapBytes } from "./heap-bytes.ts";

interface Place {
  readonly entry: QueueEntry;
  readonly dueMs: number;
  readonly serial: number;
  readonly heapBytes: number;
}

/** The messages that wait, the first due first: a step costs the logarithm of their number, however many there are. */
export class Schedule {
  readonly #places = new KeyedHeap<Place>(
    ({ entry }) => entry.envelope.id,
    (a, b) => a.dueMs - b.dueMs || a.serial - b.serial,
  );
  #serial = 0;
  #heapBytes = 0;

  get size(): number {
    return this.#places.size;
  }

  /** What they take on the heap; see heapBytes. */
  get heapBytes(): number {
    return this.#heapBytes;
  }

  /** Lets a message wait until `dueMs`, in place of what it waited for before. */
  set(entry: QueueEntry, dueMs: number): void {
    const place = { entry, dueMs, serial: this.#serial++, heapBytes: heapBytes(entry) };
    this.#heapBytes += place.heapBytes - (this.#places.get(entry.envelope.id)?.heapBytes ?? 0);
    this.#places.set(place);
  }

  /** Changes when a message is due; false when it does not wait. */
  move(id: string, dueMs: number): boolean {
    const place = this.#places.get(id);
    if (place) this.set(place.entry, dueMs);
    return place !== undefined;
  }

  /** When the first is due; Infinity when nobody waits. */
  nextMs(): number {
    return this.#places.first()?.dueMs ?? Infinity;
  }

  /** Takes out the first that is due by `nowMs`. */
  take(nowMs: number): QueueEntry | undefined {
    const first = this.#places.first();
    if (!first || first.dueMs > nowMs) return undefined;
    this.#places.delete(first);
    this.#heapBytes -= first.heapBytes;
    return first.entry;
  }
}
