import { UserError } from "./errors.ts";

/**
 * Throws what several things that were tried side by side have met: nothing for none, the one there is, or all
 * messages as one error. A fault of ours comes before what a person can mend: it must not be hidden behind it.
 */
export function throwAny(failures: readonly unknown[]): void {
  if (failures.length === 0) return;
  const own = failures.find((failure) => !(failure instanceof UserError));
  if (own || failures.length === 1) throw own ?? failures[0];
  const errors = failures as readonly UserError[];
  const message = errors.map((error) => error.message).join("\n");
  throw new UserError(errors[0]!.code, message, errors[0]!.remedy, { cause: errors[0] });
}
