import { Heap } from "../../support/heap.ts";

interface Item {
  readonly at: number;
  readonly key: string;
}

/** Keys by the time at which they end: the earliest first, then by name, so that replicas agree on the order. */
export class ExpiryQueue {
  #heap = emptyHeap();

  get size(): number {
    return this.#heap.size;
  }

  add(at: number, key: string): void {
    this.#heap.push({ at, key });
  }

  /** Takes the first key whose time is `now` or earlier; undefined when there is none. */
  take(now: number): Item | undefined {
    const first = this.#heap.peek();
    return first && first.at <= now ? this.#heap.pop() : undefined;
  }

  clear(): void {
    this.#heap = emptyHeap();
  }
}

function emptyHeap(): Heap<Item> {
  return new Heap((a, b) => a.at - b.at || (a.key === b.key ? 0 : a.key < b.key ? -1 : 1));
}
