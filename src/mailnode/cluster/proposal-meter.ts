import type { Env } from "../../support/env.ts";
import { Histogram, type HistogramFigures } from "../../support/histogram.ts";
import { LevelNotMet, NotProposed } from "./consensus.ts";

/** What became of a proposal; see Consensus.propose. */
export const PROPOSAL_OUTCOMES = ["accepted", "level-not-met", "not-proposed", "unknown"] as const;
export type ProposalOutcome = (typeof PROPOSAL_OUTCOMES)[number];

export interface ProposalFigures {
  readonly outcomes: Readonly<Record<ProposalOutcome, number>>;
  /** Seconds until a proposal was accepted. */
  readonly latency: HistogramFigures;
}

/** From a disk that answers in memory's time to an election on the way. */
const BOUNDS_S = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Counts what becomes of a node's proposals, and how long it takes. */
export class ProposalMeter {
  readonly #env: Pick<Env, "monotonic">;
  readonly #outcomes = { accepted: 0, "level-not-met": 0, "not-proposed": 0, unknown: 0 };
  readonly #latency = new Histogram(BOUNDS_S);

  constructor(env: Pick<Env, "monotonic">) {
    this.#env = env;
  }

  /** Notes what becomes of a proposal, and when. */
  measure(proposal: Promise<unknown>): void {
    const began = this.#env.monotonic();
    proposal.then(
      () => {
        this.#outcomes.accepted++;
        this.#latency.observe((this.#env.monotonic() - began) / 1000);
      },
      (error: unknown) => this.#outcomes[outcomeOf(error)]++,
    );
  }

  figures(): ProposalFigures {
    return { outcomes: { ...this.#outcomes }, latency: this.#latency.figures() };
  }
}

function outcomeOf(error: unknown): ProposalOutcome {
  if (error instanceof LevelNotMet) return "level-not-met";
  return error instanceof NotProposed ? "not-proposed" : "unknown";
}
