import type { Logger } from "pino";

/**
 * A callback of the program, of which no mistake reaches what calls it: the log of the cluster stops with what is
 * thrown while it is applied, and the program with what is thrown in a listener. `otherwise` answers in its place.
 */
export function guarded<Told extends unknown[], Answer>(
  log: Logger | undefined,
  callback: (...told: Told) => Answer,
  otherwise: () => Answer,
): (...told: Told) => Answer {
  return (...told) => {
    try {
      return callback(...told);
    } catch (error) {
      sayFailed(log, error);
      return otherwise();
    }
  };
}

export function sayFailed(log: Logger | undefined, error: unknown): void {
  log?.error({ err: error }, "a callback of the program failed");
}
