import { UserError } from "./errors.ts";

const UNITS = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 } as const;

/** An amount of storage with its unit in the type. */
export class Bytes {
  readonly count: number;

  private constructor(count: number) {
    this.count = count;
  }

  static of(count: number): Bytes {
    return new Bytes(count);
  }

  static mebibytes(amount: number): Bytes {
    return new Bytes(amount * UNITS.MiB);
  }

  /** Reads "512KiB", "25MiB", "1GiB" or "100B". Throws BYTES_UNREADABLE on anything else. */
  static parse(text: string): Bytes {
    const match = /^(\d+)(B|KiB|MiB|GiB)$/.exec(text);
    if (!match) {
      throw new UserError(
        "BYTES_UNREADABLE",
        `${JSON.stringify(text)} is not a size`,
        'write a whole number and a unit, such as "25MiB" or "1GiB"',
      );
    }
    return new Bytes(Number(match[1]) * UNITS[match[2] as keyof typeof UNITS]);
  }

  /** The shortest exact text that parse reads back. */
  toString(): string {
    for (const unit of ["GiB", "MiB", "KiB"] as const) {
      if (this.count > 0 && this.count % UNITS[unit] === 0) return `${this.count / UNITS[unit]}${unit}`;
    }
    return `${this.count}B`;
  }
}
