import type { HistogramFigures } from "../../../support/histogram.ts";

/** What a driver's disk and its snapshots came to since it was started. */
export interface DriverFigures {
  /** Seconds from handing a batch to the disk until it was durable. */
  readonly persist: HistogramFigures;
  /** Of its own state, to other members as a whole, and of a leader's in the place of its own. */
  readonly snapshots: Readonly<Record<"taken" | "sent" | "installed", number>>;
}
