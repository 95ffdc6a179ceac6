import type { LimitAlgorithm } from "../../src/contract/cluster-api.ts";

export const SIDES = ["decide", "check", "rate-limiter-flexible"] as const;
export type SideName = (typeof SIDES)[number];

/** One kind of decision. */
export interface Case {
  readonly algorithm: LimitAlgorithm;
  /** 0: one limit of the cluster as a whole. */
  readonly clients: number;
  readonly answer: "granted" | "refused";
}

/** What one run leaves in results/: every round, so that other questions can be asked of it later. */
export interface Run {
  readonly startedAt: string;
  readonly command: string;
  readonly machine: Readonly<Record<string, string>>;
  readonly rounds: number;
  /** In each round. */
  readonly decisions: number;
  readonly planned: readonly Case[];
  readonly series: readonly Series[];
}

/** One side in one case. */
export interface Series extends Case {
  readonly side: SideName;
  /** Microseconds of one decision, of each round in which every decision was answered as the case says. */
  readonly us: readonly number[];
}

/**
 * Every algorithm, for the cluster, one client and many. The grants of a leaky bucket are left out: they leave at even
 * times, and whoever asks at once is held up, so there is no row of them to be timed.
 */
export function casesFor(clients: number): readonly Case[] {
  const algorithms = ["token-bucket", "sliding-window", "fixed-window", "leaky-bucket"] as const;
  return algorithms.flatMap((algorithm) =>
    [0, 1, clients].flatMap((count) =>
      (["granted", "refused"] as const)
        .filter((answer) => algorithm !== "leaky-bucket" || answer === "refused")
        .map((answer) => ({ algorithm, clients: count, answer })),
    ),
  );
}
