import { medianOf } from "../common/median.ts";
import { EARLIER_MEASURES, FAULTS, type LoadTrial, type Run, type SideName, type Trial } from "./record.ts";

export const SIDES = ["mailbastion", "etcd"] as const satisfies readonly SideName[];

/** What all rounds of one load came to on one side; medians, NaN of none. */
export interface Row {
  readonly side: SideName;
  readonly rounds: number;
  readonly least: number;
  readonly perSecond: number;
  readonly most: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Of all members together, for a thousand calls. */
  readonly cpuMs: number;
}

export interface LoadRow extends Row {
  readonly measure: string;
  readonly clients: number;
}

export interface PacedRow extends Row {
  readonly rate: number;
}

export interface FaultRow {
  readonly fault: string;
  readonly side: SideName;
  readonly times: number;
  readonly median: number;
  readonly worst: number;
}

export function loadRows(run: Pick<Run, "loads" | "clients" | "measures">): readonly LoadRow[] {
  return (run.measures ?? EARLIER_MEASURES).flatMap((measure) =>
    run.clients.flatMap((clients) => {
      const isOne = (trial: LoadTrial): boolean => trial.measure === measure && trial.clients === clients;
      return rowsOf(run.loads.filter(isOne)).map((row) => ({ measure, clients, ...row }));
    }),
  );
}

/** Of the puts that went out at a fixed rate. */
export function pacedRows({ paced = [], rates = [] }: Pick<Run, "paced" | "rates">): readonly PacedRow[] {
  return rates.flatMap((rate) =>
    rowsOf(paced.filter(({ perSecond }) => perSecond === rate)).map((row) => ({ rate, ...row })),
  );
}

/** A row for each side. */
function rowsOf(all: readonly Trial[]): readonly Row[] {
  return SIDES.map((side) => {
    // A load in which calls failed was another load.
    const trials = all.filter((trial) => trial.side === side && trial.failed === 0 && trial.answered > 0);
    const rates = sorted(trials.map(({ answered, seconds }) => answered / seconds));
    return {
      side,
      rounds: trials.length,
      least: rates[0] ?? NaN,
      perSecond: medianOf(rates),
      most: rates.at(-1) ?? NaN,
      p50Ms: medianOf(trials.map(({ p50Ms }) => p50Ms)),
      p99Ms: medianOf(trials.map(({ p99Ms }) => p99Ms)),
      cpuMs: medianOf(
        trials.flatMap(({ membersCpuSeconds, answered }) =>
          membersCpuSeconds === undefined ? [] : [(membersCpuSeconds * 1e6) / answered],
        ),
      ),
    };
  });
}

export function faultRows({ failovers }: Pick<Run, "failovers">): readonly FaultRow[] {
  return FAULTS.flatMap((fault) =>
    SIDES.map((side) => {
      const times = sorted(
        failovers.flatMap((each) =>
          each.fault === fault && each.side === side && each.ms !== undefined ? [each.ms] : [],
        ),
      );
      return { fault, side, times: times.length, median: medianOf(times), worst: times.at(-1) ?? NaN };
    }),
  );
}

export function sorted(values: readonly number[]): readonly number[] {
  return values.toSorted((a, b) => a - b);
}
