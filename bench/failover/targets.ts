import type { Tier } from "./record.ts";

/** What is measured of each: a tier's silence, or a recovery by what is left of the saved view. */
export type Measured = Tier | "recovery" | "recovery (view kept)";

/** What an operator was promised, in milliseconds. */
export const TARGETS: Readonly<Record<Measured, number>> = {
  vip: 1_000,
  mail: 5_500,
  cache: 3_500,
  writer: 3_500,
  recovery: 15_000,
  "recovery (view kept)": 15_000,
};
