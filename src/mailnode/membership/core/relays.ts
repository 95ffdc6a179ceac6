import type { Address } from "./types.ts";

interface Relay {
  readonly to: Address;
  readonly seq: number;
  readonly nackAt: number;
}

/** More than this many are not relayed: whoever asks so much is broken. */
const MAX_RELAYS = 1_024;

/** Pings made for others: whom to tell, under which number, and until when to wait. */
export class Relays {
  readonly #relays = new Map<number, Relay>();

  /** Remembers that the ping `ownSeq` is made for `to`; false when too many are under way. */
  add(ownSeq: number, relay: Relay): boolean {
    if (this.#relays.size >= MAX_RELAYS) return false;
    this.#relays.set(ownSeq, relay);
    return true;
  }

  get deadline(): number {
    return this.#relays.values().next().value?.nackAt ?? Infinity;
  }

  /** The one who waits for this answer, once. */
  takeAnswered(ownSeq: number): Relay | undefined {
    const relay = this.#relays.get(ownSeq);
    this.#relays.delete(ownSeq);
    return relay;
  }

  /** Those that have waited long enough, in the order in which they asked. */
  takeOverdue(now: number): readonly Relay[] {
    const overdue = [...this.#relays].filter(([, { nackAt }]) => nackAt <= now);
    for (const [seq] of overdue) this.#relays.delete(seq);
    return overdue.map(([, relay]) => relay);
  }

  /** This node did not run: it cannot say whether an answer came. */
  clear(): void {
    this.#relays.clear();
  }
}
