/** A count in memory that two threads share: one raises it, the other sleeps until it is raised. */
export class Signal {
  readonly shared: SharedArrayBuffer;
  readonly #count: Int32Array<SharedArrayBuffer>;

  /** The one whose memory this is, or a new one. */
  constructor(shared = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)) {
    this.shared = shared;
    this.#count = new Int32Array(shared);
  }

  raise(): void {
    Atomics.add(this.#count, 0, 1);
    Atomics.notify(this.#count, 0);
  }

  /** Blocks this thread while the count is `seen`, for `ms` at most; gives back what it is then. It wraps around. */
  wait(seen: number, ms = Infinity): number {
    Atomics.wait(this.#count, 0, seen, ms);
    return Atomics.load(this.#count, 0);
  }
}
