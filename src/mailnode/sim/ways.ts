/** The ways between machines, each direction by itself: which are cut, and which are slow. */
export class Ways {
  /** How often a way "m1>m2" is cut: two cuts need two ends. */
  readonly #cuts = new Map<string, number>();
  readonly #slow = new Map<string, number>();
  #faulty = true;

  /** Whether chance may still do harm. */
  get faulty(): boolean {
    return this.#faulty;
  }

  /** Every way that is cut, as often as it is. */
  get cuts(): readonly (readonly [from: string, to: string])[] {
    return [...this.#cuts].flatMap(([way, times]) =>
      Array.from({ length: times }, () => way.split(">") as [string, string]),
    );
  }

  /** Ends what is slow and allows no more harm; cuts are to be ended one by one. */
  calm(): void {
    this.#faulty = false;
    this.#slow.clear();
  }

  cut(from: string, to: string): void {
    const way = `${from}>${to}`;
    this.#cuts.set(way, (this.#cuts.get(way) ?? 0) + 1);
  }

  /** Ends one cut; whether the way is open now. */
  heal(from: string, to: string): boolean {
    const way = `${from}>${to}`;
    const left = (this.#cuts.get(way) ?? 1) - 1;
    if (left > 0) this.#cuts.set(way, left);
    else this.#cuts.delete(way);
    return left <= 0;
  }

  isCut(from: string, to: string): boolean {
    return this.#cuts.size > 0 && this.#cuts.has(`${from}>${to}`);
  }

  /** Lets packets take so many times as long; 1 is as usual. */
  slow(from: string, to: string, slowness: number): void {
    const way = `${from}>${to}`;
    if (slowness === 1) this.#slow.delete(way);
    else this.#slow.set(way, slowness);
  }

  slowness(from: string, to: string): number {
    return this.#slow.size === 0 ? 1 : (this.#slow.get(`${from}>${to}`) ?? 1);
  }
}
