import { markdownTable } from "../common/markdown.ts";
import { medianOf } from "../common/median.ts";
import type { Planned, Run, Trial } from "./record.ts";

/** What all rounds of one program came to, in milliseconds. */
export interface Row {
  readonly measure: string;
  readonly machines: number;
  readonly side: string;
  /** Rounds in which every machine answered: the others say nothing of the time that it takes. */
  readonly rounds: number;
  readonly least: number;
  readonly median: number;
  readonly most: number;
}

export function rowsOf({ planned, trials }: Pick<Run, "planned" | "trials">): readonly Row[] {
  return planned.flatMap((plan) => plan.sides.map((side) => rowOf(plan, side, trials)));
}

function rowOf({ measure, machines }: Planned, side: string, trials: readonly Trial[]): Row {
  const times = trials
    .filter((trial) => trial.measure === measure && trial.side === side && trial.answered === machines)
    .map(({ ms }) => ms)
    .toSorted((a, b) => a - b);
  return {
    measure,
    machines,
    side,
    rounds: times.length,
    least: times[0] ?? NaN,
    median: medianOf(times),
    most: times.at(-1) ?? NaN,
  };
}

/** What the run was to measure and did not, in words for people. */
export function missing(run: Run): readonly string[] {
  return rowsOf(run)
    .filter(({ rounds }) => rounds < run.rounds)
    .map(({ measure, side, rounds }) => `${measure}, ${side}: ${rounds} of ${run.rounds} rounds`);
}

/** The last line of a report: how many times faster than the peer we are, by the medians. */
export function verdictOf(run: Run): string {
  const rows = rowsOf(run);
  const ratios = run.planned.flatMap(({ measure, machines, sides: [ours, peer] }) => {
    const [own, other] = [ours, peer].map((side) =>
      rows.find((row) => row.measure === measure && row.side === side),
    );
    if (!own || !other) return [];
    const ratio = other.median / own.median;
    return Number.isFinite(ratio)
      ? [
          `${measure} on ${machines} machines: ${ours} is ${ratio.toFixed(1)} times as fast as ${peer} (${shown(own.median)} against ${shown(other.median)}, medians)`,
        ]
      : [`${measure} on ${machines} machines: not measured`];
  });
  return ratios.join("; ");
}

/** The rows as a table in Markdown, for the terminal and for the documentation alike. */
export function tableOf(rows: readonly Row[]): string {
  const head = ["measured", "machines", "program", "rounds", "least", "median", "most"];
  const body = rows.map(({ measure, machines, side, rounds, least, median, most }) => [
    measure,
    String(machines),
    side,
    String(rounds),
    shown(least),
    shown(median),
    shown(most),
  ]);
  return markdownTable(head, body);
}

function shown(ms: number): string {
  return Number.isNaN(ms) ? "-" : `${(ms / 1000).toFixed(2)} s`;
}
