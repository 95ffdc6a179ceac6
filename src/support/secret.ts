import { inspect } from "node:util";

/**
 * A value that must not be seen: every way of printing it gives ***.
 *
 * The value leaves by reveal() alone, so that `git grep reveal` lists every place that could leak one.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return "***";
  }

  toJSON(): string {
    return "***";
  }

  [inspect.custom](): string {
    return "***";
  }
}
