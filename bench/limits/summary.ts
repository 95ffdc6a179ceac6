import { markdownTable } from "../common/markdown.ts";
import { medianOf } from "../common/median.ts";
import { SIDES, type Case, type Run, type SideName } from "./record.ts";

type Measured = Pick<Run, "planned" | "series" | "rounds">;

const words = ({ algorithm, clients, answer }: Case): string =>
  `${algorithm}, ${clientsOf(clients)}, ${answer}`;

const clientsOf = (clients: number): string =>
  clients === 0 ? "the cluster" : clients === 1 ? "1 client" : `${clients} clients`;

/** What one side took in one case, in microseconds, ascending. */
function timesOf({ series }: Measured, wanted: Case, side: SideName): readonly number[] {
  const found = series.find(
    (one) =>
      one.side === side &&
      one.algorithm === wanted.algorithm &&
      one.clients === wanted.clients &&
      one.answer === wanted.answer,
  );
  return (found?.us ?? []).toSorted((a, b) => a - b);
}

/** What the run was to measure and did not, in words for people. */
export function missing(run: Measured): readonly string[] {
  return run.planned.flatMap((one) =>
    SIDES.map((side) => ({ side, rounds: timesOf(run, one, side).length }))
      .filter(({ rounds }) => rounds < run.rounds)
      .map(({ side, rounds }) => `${words(one)}, ${side}: ${rounds} of ${run.rounds} rounds`),
  );
}

/** Of each case and side the median of all rounds, with the least and the 90th percentile beside it. */
export function tableOf(run: Measured): string {
  return markdownTable(
    ["algorithm", "limit of", "answer", ...SIDES.map((side) => `${side}, µs`)],
    run.planned.map((one) => [
      one.algorithm,
      clientsOf(one.clients),
      one.answer,
      ...SIDES.map((side) => shown(timesOf(run, one, side))),
    ]),
  );
}

/** The last line of a report: what a decision costs, over all cases. */
export function verdictOf(run: Measured): string {
  const ranges = SIDES.map((side) => {
    const medians = run.planned
      .map((one) => medianOf(timesOf(run, one, side)))
      .filter((median) => !Number.isNaN(median));
    if (medians.length === 0) return `${side}: not measured`;
    return `${side} ${Math.min(...medians).toFixed(2)} to ${Math.max(...medians).toFixed(2)} µs`;
  });
  return `a local decision, medians of all cases: ${ranges.join(", ")}`;
}

function shown(times: readonly number[]): string {
  if (times.length === 0) return "-";
  const late = times[Math.ceil(times.length * 0.9) - 1]!;
  return `${medianOf(times).toFixed(2)} (${times[0]!.toFixed(2)} to ${late.toFixed(2)})`;
}
