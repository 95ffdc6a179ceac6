import { pick, type Random } from "./pick.ts";
import type { MemberId } from "./types.ts";

/**
 * Whom to probe next: each member once in a round, in an order that is shuffled for every round (SWIM, 4.3).
 * So a member is probed by this node at the latest after 2n - 1 periods, not only with high probability.
 */
export class ProbeOrder {
  readonly #random: Random;
  #round: MemberId[] = [];
  #at = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  /** A newcomer takes a random place in the round, behind or before the one that is due. */
  add(member: MemberId): void {
    const at = Math.floor(this.#random() * (this.#round.length + 1));
    this.#round.splice(at, 0, member);
    if (at < this.#at) this.#at++;
  }

  remove(member: MemberId): void {
    const at = this.#round.indexOf(member);
    if (at < 0) return;
    this.#round.splice(at, 1);
    if (at < this.#at) this.#at--;
  }

  /** Puts a member at the front. */
  hasten(member: MemberId): void {
    this.remove(member);
    this.#round.splice(this.#at, 0, member);
  }

  /** The next one that may be probed, or undefined when none may. */
  next(mayProbe: (member: MemberId) => boolean): MemberId | undefined {
    for (let looked = 0; looked < 2 * this.#round.length; looked++) {
      if (this.#at >= this.#round.length) {
        this.#round = pick(this.#round, this.#round.length, this.#random);
        this.#at = 0;
      }
      const member = this.#round[this.#at++]!;
      if (mayProbe(member)) return member;
    }
    return undefined;
  }
}
