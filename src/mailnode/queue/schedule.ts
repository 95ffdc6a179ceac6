import { Heap } from "../../support/heap.ts";
import type { QueueEntry } from "./entry.ts";

interface Place {
  readonly entry: QueueEntry;
  readonly dueMs: number;
  readonly serial: number;
}

/** How many places that no longer count may lie in a short heap before it is built anew. */
const FEW = 64;

/** The messages that wait, the first due first: a step costs the logarithm of their number, however many there are. */
export class Schedule {
  readonly #places = new Map<string, Place>();
  /** Holds each place, and until they come up those that another has replaced. */
  #heap = emptyHeap();
  #serial = 0;

  get size(): number {
    return this.#places.size;
  }

  /** Lets a message wait until `dueMs`, in place of what it waited for before. */
  set(entry: QueueEntry, dueMs: number): void {
    const place = { entry, dueMs, serial: this.#serial++ };
    this.#places.set(entry.envelope.id, place);
    this.#heap.push(place);
    if (this.#heap.size > 2 * this.#places.size + FEW) this.#dropReplaced();
  }

  /** Changes when a message is due; false when it does not wait. */
  move(id: string, dueMs: number): boolean {
    const place = this.#places.get(id);
    if (place) this.set(place.entry, dueMs);
    return place !== undefined;
  }

  /** When the first is due; Infinity when nobody waits. */
  nextMs(): number {
    return this.#first()?.dueMs ?? Infinity;
  }

  /** Takes out the first that is due by `nowMs`. */
  take(nowMs: number): QueueEntry | undefined {
    const first = this.#first();
    if (!first || first.dueMs > nowMs) return undefined;
    this.#heap.pop();
    this.#places.delete(first.entry.envelope.id);
    return first.entry;
  }

  #first(): Place | undefined {
    for (let first = this.#heap.peek(); first; first = this.#heap.peek()) {
      if (this.#counts(first)) return first;
      this.#heap.pop();
    }
    return undefined;
  }

  #counts(place: Place): boolean {
    return this.#places.get(place.entry.envelope.id) === place;
  }

  #dropReplaced(): void {
    this.#heap = emptyHeap();
    for (const place of this.#places.values()) this.#heap.push(place);
  }
}

function emptyHeap(): Heap<Place> {
  return new Heap((a, b) => a.dueMs - b.dueMs || a.serial - b.serial);
}
