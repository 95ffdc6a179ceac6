import { UserError } from "../../src/support/errors.ts";

/** The value of an option. Throws BENCH_OPTION, with the remedy, when it is no whole number, or out of its bounds. */
export function wholeNumber(
  option: string,
  text: string,
  [least, most]: readonly [number, number],
  remedy = `give a whole number from ${least} to ${most}`,
): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new UserError("BENCH_OPTION", `--${option} got ${JSON.stringify(text)}`, remedy);
}
