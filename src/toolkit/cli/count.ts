import { UserError } from "../../support/errors.ts";

/** A whole number from 1 to a million. Throws COUNT_UNREADABLE. */
export function readCount(option: string, text: string): number {
  const count = Number(text);
  if (/^\d+$/.test(text) && count >= 1 && count <= 1_000_000) return count;
  throw new UserError(
    "COUNT_UNREADABLE",
    `${option} got ${JSON.stringify(text)}`,
    "give a whole number from 1 to 1000000",
  );
}
