/** One change of a directory, all or nothing: names with what they lead to, or undefined when they go. */
export type NameChange<Inode> = ReadonlyMap<string, Inode | undefined>;

/** A directory that keeps a name only when it was synced. */
export class ForgetfulNames<Inode> {
  readonly visible = new Map<string, Inode>();
  #durable = new Map<string, Inode>();
  #unsynced: NameChange<Inode>[] = [];

  change(change: NameChange<Inode>): void {
    apply(this.visible, change);
    this.#unsynced.push(change);
  }

  sync(): void {
    this.#durable = new Map(this.visible);
    this.#unsynced = [];
  }

  /** What is found when the power is back: each unsynced change happened or not, by itself. */
  afterPowerLoss(random: () => number): Map<string, Inode> {
    const names = new Map(this.#durable);
    for (const change of this.#unsynced) if (random() < 0.5) apply(names, change);
    return names;
  }
}

function apply<Inode>(names: Map<string, Inode>, change: NameChange<Inode>): void {
  for (const [name, inode] of change) {
    if (inode) names.set(name, inode);
    else names.delete(name);
  }
}
