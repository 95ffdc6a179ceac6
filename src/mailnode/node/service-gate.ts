/** Keeps a service open only while nobody asks that it be closed: an operator's mark and the cluster's do not lift each other. */
export class ServiceGate<Asker extends string> {
  readonly #asking = new Set<Asker>();
  readonly #turn: (isClosed: boolean) => void;

  /** @param turn is told when the first one asks and when the last one has left off */
  constructor(turn: (isClosed: boolean) => void) {
    this.#turn = turn;
  }

  get isClosed(): boolean {
    return this.#asking.size > 0;
  }

  asks(asker: Asker): boolean {
    return this.#asking.has(asker);
  }

  set(asker: Asker, wantsClosed: boolean): void {
    const before = this.isClosed;
    if (wantsClosed) this.#asking.add(asker);
    else this.#asking.delete(asker);
    if (this.isClosed !== before) this.#turn(this.isClosed);
  }
}
