import { mulberry32 } from "./mulberry32.ts";

/** Where chance came in: each stream has a name, so that a draw more in one place shifts no other place. */
export class Chance {
  /** From 0 up to, not including, 1. */
  readonly next: () => number;
  readonly #name: string;

  constructor(name: string) {
    this.#name = name;
    this.next = mulberry32(hashOf(name));
  }

  /** Another stream, which depends on this one's name alone, not on what was drawn from it. */
  stream(name: string): Chance {
    return new Chance(`${this.#name}/${name}`);
  }

  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  between(least: number, most: number): number {
    return least + this.next() * (most - least);
  }

  happens(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }

  /** The list in another order. */
  shuffled<T>(list: readonly T[]): T[] {
    const rest = [...list];
    return list.map(() => rest.splice(this.below(rest.length), 1)[0]!);
  }
}

/** FNV-1a, then mixed: names that differ in one digit begin far apart. */
function hashOf(name: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < name.length; at++) hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
