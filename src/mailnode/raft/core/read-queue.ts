/**
 * Reads that wait for proof of leadership (6.4). All that are asked before a round of heartbeats goes out share
 * it: its number, and the commit index of that moment. A round is never used for a read that came later, so a
 * repeated request gets a new number and an index of its own time.
 */
import type { Index, NodeId } from "./types.ts";

export interface PendingRead {
  readonly from: NodeId;
  readonly request: number;
}

interface Round {
  readonly number: number;
  readonly index: Index;
  readonly reads: readonly PendingRead[];
}

export class ReadQueue {
  readonly #leaseTicks: number;
  #nextRequest: number;
  #waiting: PendingRead[] = [];
  #rounds: Round[] = [];
  #count = 0;
  /** Rounds that a quorum has not answered yet, the first of every tick, with the tick they were sent in. */
  #unproven: { readonly number: number; readonly tick: number }[] = [];
  #leaseEnd = 0;
  #leaseBroken = false;

  /** `firstRequest` is drawn at random: an answer to a request of this node's last life matches none of this one. */
  constructor(firstRequest: number, electionTicks: number) {
    this.#nextRequest = firstRequest;
    // A fifth is left for clocks that run apart.
    this.#leaseTicks = Math.floor((electionTicks * 4) / 5);
  }

  get count(): number {
    return this.#count;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  newRequest(): number {
    return this.#nextRequest++;
  }

  add(read: PendingRead): void {
    this.#waiting.push(read);
    this.#count++;
  }

  /** All that wait go with this round of heartbeats. */
  startRound(number: number, index: Index): void {
    this.#rounds.push({ number, index, reads: this.#waiting });
    this.#waiting = [];
  }

  /** All that wait, to be answered at once. */
  takeWaiting(): readonly PendingRead[] {
    const reads = this.#waiting;
    this.#waiting = [];
    this.#count -= reads.length;
    return reads;
  }

  /** A round of heartbeats goes out. */
  roundSent(number: number, tick: number): void {
    const latest = this.#unproven[this.#unproven.length - 1];
    if (latest === undefined || latest.tick < tick) this.#unproven.push({ number, tick });
  }

  /** A quorum answered this round, and with it all before: gives out their reads. */
  confirmed(number: number, answer: (read: PendingRead, index: Index) => void): void {
    while (this.#unproven.length > 0 && this.#unproven[0]!.number <= number) {
      this.#leaseEnd = this.#unproven.shift()!.tick + this.#leaseTicks;
    }
    while (this.#rounds.length > 0 && this.#rounds[0]!.number <= number) {
      const round = this.#rounds.shift()!;
      this.#count -= round.reads.length;
      for (const read of round.reads) answer(read, round.index);
    }
  }

  /** Whether no other leader can have been elected at this tick, as far as ticks tell time. */
  hasLease(tick: number): boolean {
    return !this.#leaseBroken && tick < this.#leaseEnd;
  }

  /** Leadership was offered to another node: nothing is sure for the rest of the term. */
  breakLease(): void {
    this.#leaseBroken = true;
  }

  /** Another term or role: nothing that waits will be answered. */
  reset(): void {
    this.#waiting = [];
    this.#rounds = [];
    this.#count = 0;
    this.#unproven = [];
    this.#leaseEnd = 0;
    this.#leaseBroken = false;
  }
}
