import { Heap } from "./heap.ts";

/** How many items that no longer count may lie in a short heap before it is built anew. */
const FEW = 64;

/**
 * Items by their keys, the least first: to add, replace or remove one costs the logarithm of their number. Items are told
 * apart by identity, so that each is put in once.
 */
export class KeyedHeap<T extends object> {
  readonly #keyOf: (item: T) => string;
  readonly #compare: (a: T, b: T) => number;
  readonly #items = new Map<string, T>();
  /** Holds each item, and until they come up those that were replaced or removed. */
  #heap: Heap<T>;

  constructor(keyOf: (item: T) => string, compare: (a: T, b: T) => number) {
    this.#keyOf = keyOf;
    this.#compare = compare;
    this.#heap = new Heap(compare);
  }

  get size(): number {
    return this.#items.size;
  }

  get(key: string): T | undefined {
    return this.#items.get(key);
  }

  /** In the order in which their keys first came. */
  values(): Iterable<T> {
    return this.#items.values();
  }

  /** Adds an item, in the place of the one that had its key. */
  set(item: T): void {
    this.#items.set(this.#keyOf(item), item);
    this.#heap.push(item);
    if (this.#heap.size > 2 * this.#items.size + FEW) this.#rebuild();
  }

  /** Removes an item, unless another one has its key by now; false when it was not there. */
  delete(item: T): boolean {
    return this.#counts(item) && this.#items.delete(this.#keyOf(item));
  }

  first(): T | undefined {
    for (let first = this.#heap.peek(); first; first = this.#heap.peek()) {
      if (this.#counts(first)) return first;
      this.#heap.pop();
    }
    return undefined;
  }

  #counts(item: T): boolean {
    return this.#items.get(this.#keyOf(item)) === item;
  }

  #rebuild(): void {
    this.#heap = new Heap(this.#compare);
    for (const item of this.#items.values()) this.#heap.push(item);
  }
}
