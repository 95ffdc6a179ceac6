import { mulberry32 } from "../../../../src/mailnode/sim/mulberry32.ts";

/** Chance from a seed, so that every schedule can be run again. */
export class Chance {
  /** From 0 up to, not including, 1. */
  readonly next: () => number;

  constructor(seed: number) {
    this.next = mulberry32(seed);
  }

  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }

  happens(probability: number): boolean {
    return this.next() < probability;
  }
}
