interface Item {
  readonly at: number;
  readonly key: string;
}

/** Keys by the time at which they end: a binary heap, earliest first, then by name, so that replicas agree on the order. */
export class ExpiryQueue {
  #heap: Item[] = [];

  get size(): number {
    return this.#heap.length;
  }

  add(at: number, key: string): void {
    const heap = this.#heap;
    let place = heap.length;
    heap.push({ at, key });
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!before(heap[place]!, heap[parent]!)) return;
      swap(heap, place, parent);
      place = parent;
    }
  }

  /** Takes the first key whose time is `now` or earlier; undefined when there is none. */
  take(now: number): Item | undefined {
    const heap = this.#heap;
    const first = heap[0];
    if (!first || first.at > now) return undefined;
    const last = heap.pop()!;
    if (heap.length > 0) {
      heap[0] = last;
      sink(heap);
    }
    return first;
  }

  clear(): void {
    this.#heap = [];
  }
}

function sink(heap: Item[]): void {
  for (let place = 0; ;) {
    const left = 2 * place + 1;
    const right = left + 1;
    let least = place;
    if (left < heap.length && before(heap[left]!, heap[least]!)) least = left;
    if (right < heap.length && before(heap[right]!, heap[least]!)) least = right;
    if (least === place) return;
    swap(heap, place, least);
    place = least;
  }
}

function before(a: Item, b: Item): boolean {
  return a.at !== b.at ? a.at < b.at : a.key < b.key;
}

function swap(heap: Item[], a: number, b: number): void {
  const item = heap[a]!;
  heap[a] = heap[b]!;
  heap[b] = item;
}
