import type { Env } from "../../support/env.ts";

/** Lets at most so many begin within any one second; the others wait in the order of their coming. */
export class Pacer {
  readonly #perSecond: number;
  readonly #env: Pick<Env, "monotonic" | "sleep">;
  /** When the latest ones begin, at most as many as may begin in a second, the earliest first. */
  readonly #begins: number[] = [];

  constructor(perSecond: number, env: Pick<Env, "monotonic" | "sleep">) {
    if (!(perSecond >= 1)) throw new RangeError(`a pace of ${perSecond} in a second lets none begin`);
    this.#perSecond = perSecond;
    this.#env = env;
  }

  /** Resolves when it is the caller's turn. */
  async turn(): Promise<void> {
    const now = this.#env.monotonic();
    const isFull = this.#begins.length >= this.#perSecond;
    const begin = isFull ? Math.max(now, this.#begins.shift()! + 1_000) : now;
    this.#begins.push(begin);
    if (begin > now) await this.#env.sleep(begin - now);
  }
}
