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

/** Of ascending values. That of an even count is the mean of the two in the middle; NaN of none. */
function medianOf(sorted: readonly number[]): number {
  const [low, high] = [
    sorted[Math.floor((sorted.length - 1) / 2)],
    sorted[Math.ceil((sorted.length - 1) / 2)],
  ];
  return low === undefined || high === undefined ? NaN : (low + high) / 2;
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
  const lines = [
    ["measured", "machines", "program", "rounds", "least", "median", "most"],
    ...rows.map(({ measure, machines, side, rounds, least, median, most }) => [
      measure,
      String(machines),
      side,
      String(rounds),
      shown(least),
      shown(median),
      shown(most),
    ]),
  ];
  const widths = lines[0]!.map((_cell, column) => Math.max(...lines.map((line) => line[column]!.length)));
  const text = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column]!)).join(" | ")} |`;
  const [head, ...body] = lines;
  return [text(head!), text(widths.map((width) => "-".repeat(width))), ...body.map(text)].join("\n");
}

function shown(ms: number): string {
  return Number.isNaN(ms) ? "-" : `${(ms / 1000).toFixed(2)} s`;
}
