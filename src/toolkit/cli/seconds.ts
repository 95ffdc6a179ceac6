import { UserError } from "../../support/errors.ts";

/** What a timer of the runtime can wait. */
const MOST_SECONDS = 2_000_000;

/** Reads whole seconds from a command line, as milliseconds. Throws SECONDS_UNREADABLE. */
export function readSeconds(option: string, text: string): number {
  const seconds = Number(text);
  if (/^\d+$/.test(text) && seconds >= 1 && seconds <= MOST_SECONDS) return seconds * 1_000;
  throw new UserError(
    "SECONDS_UNREADABLE",
    `${option} got ${JSON.stringify(text)}`,
    `give whole seconds from 1 to ${MOST_SECONDS}`,
  );
}
