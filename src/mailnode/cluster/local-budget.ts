/** A part of a limit's budget that this node may use up to a moment of its own clock. */
export interface Share {
  readonly grant: number;
  readonly amount: number;
  /** In this node's monotonic time. */
  readonly deadline: number;
  left: number;
}

/**
 * The budget of one limit and client that this node has in hand. Pure: time is an argument.
 *
 * With pacing (the leaky bucket) units leave evenly over the time for which their share is valid, instead of as
 * fast as they are asked for.
 */
export class LocalBudget {
  readonly #paced: boolean;
  #shares: Share[] = [];
  #nextAt = 0;

  constructor(paced: boolean) {
    this.#paced = paced;
  }

  /** Uses `cost` units of one share; false: there is not so much in hand, or it is not yet its time. */
  take(cost: number, now: number): boolean {
    if (this.#paced && now < this.#nextAt) return false;
    for (const share of this.#shares) {
      if (now >= share.deadline || share.left < cost) continue;
      if (this.#paced) {
        // What is left of the share, over what is left of its time: late units do not come in one burst.
        this.#nextAt = now + (cost * (share.deadline - now)) / share.left;
      }
      share.left -= cost;
      return true;
    }
    return false;
  }

  /** How long until a paced unit may leave; 0 when pacing does not hold it up. */
  heldUpMs(now: number): number {
    return this.#paced ? Math.max(0, this.#nextAt - now) : 0;
  }

  /** Units that are in hand and still valid. */
  inHand(now: number): number {
    return this.#shares.reduce((sum, share) => sum + (now < share.deadline ? share.left : 0), 0);
  }

  add(share: Share): void {
    this.#shares.push(share);
    this.#shares.sort((a, b) => a.deadline - b.deadline);
  }

  /** Takes out what has ended, and says of each how much of it was used. */
  removeEnded(now: number): readonly Share[] {
    const ended = this.#shares.filter((share) => now >= share.deadline);
    if (ended.length > 0) this.#shares = this.#shares.filter((share) => now < share.deadline);
    return ended;
  }

  /** Takes out everything, to give it back. */
  removeAll(): readonly Share[] {
    const all = this.#shares;
    this.#shares = [];
    return all;
  }
}
