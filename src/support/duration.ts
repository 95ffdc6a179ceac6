import { UserError } from "./errors.ts";

const UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** A length of time with its unit in the type, so that no number is ever taken for another unit. */
export class Duration {
  readonly ms: number;

  private constructor(ms: number) {
    this.ms = ms;
  }

  static ms(amount: number): Duration {
    return new Duration(amount);
  }

  static seconds(amount: number): Duration {
    return new Duration(amount * 1000);
  }

  static minutes(amount: number): Duration {
    return new Duration(amount * 60_000);
  }

  /** Reads "500ms", "2s", "15m", "1h" or "1.5s". Throws DURATION_UNREADABLE on anything else. */
  static parse(text: string): Duration {
    const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text);
    if (!match) {
      throw new UserError(
        "DURATION_UNREADABLE",
        `${JSON.stringify(text)} is not a duration`,
        'write a number and a unit, such as "500ms", "2s" or "15m"',
      );
    }
    return new Duration(Number(match[1]) * UNITS[match[2] as keyof typeof UNITS]);
  }

  get seconds(): number {
    return this.ms / 1000;
  }

  /** The shortest exact text that parse reads back. */
  toString(): string {
    for (const unit of ["d", "h", "m", "s"] as const) {
      if (this.ms > 0 && this.ms % UNITS[unit] === 0) return `${this.ms / UNITS[unit]}${unit}`;
    }
    return `${this.ms}ms`;
  }
}
