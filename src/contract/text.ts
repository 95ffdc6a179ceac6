import * as z from "zod";

/** Text of `least` to `most` UTF-16 units. Half a surrogate pair, which JSON can write, has no UTF-8: it is refused. */
export function text(least: number, most: number) {
  return z
    .string()
    .min(least)
    .max(most)
    .refine((value) => value.isWellFormed(), "must not hold half a surrogate pair");
}

/** What something is called: a node, a document, an account, a limit. */
export const nameText = text(1, 255);

/** What a value of the replicated state stands under. */
export const keyText = text(1, 1024);
