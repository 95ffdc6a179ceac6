import { markdownTable } from "../common/markdown.ts";
import { medianOf } from "../common/median.ts";
import { FAULTS, MEASURES, type Run, type SideName } from "./record.ts";

const SIDES = ["mailbastion", "etcd"] as const satisfies readonly SideName[];

/** What was promised: our puts against the peer's, with this many clients. */
const TARGET = { ratio: 1.5, clients: [1, 256] } as const;

/** What all rounds of one load came to on one side; medians, NaN of none. */
export interface LoadRow {
  readonly measure: string;
  readonly clients: number;
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

export interface FaultRow {
  readonly fault: string;
  readonly side: SideName;
  readonly times: number;
  readonly median: number;
  readonly worst: number;
}

export function loadRows({ loads, clients: counts }: Pick<Run, "loads" | "clients">): readonly LoadRow[] {
  return MEASURES.flatMap((measure) =>
    counts.flatMap((clients) =>
      SIDES.map((side) => {
        // A load in which calls failed was another load.
        const trials = loads.filter(
          (trial) =>
            trial.measure === measure &&
            trial.clients === clients &&
            trial.side === side &&
            trial.failed === 0 &&
            trial.answered > 0,
        );
        const rates = sorted(trials.map(({ answered, seconds }) => answered / seconds));
        return {
          measure,
          clients,
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
      }),
    ),
  );
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

/** What the run was to measure and did not, in words for people. */
export function missing(run: Run): readonly string[] {
  return [
    ...(run.endedBy === undefined ? [] : [`ended early: ${run.endedBy}`]),
    ...loadRows(run)
      .filter(({ rounds }) => rounds < run.rounds)
      .map(
        ({ measure, clients, side, rounds }) =>
          `${measure}, ${clients} clients, ${side}: ${rounds} of ${run.rounds} rounds`,
      ),
    ...faultRows(run)
      .filter(({ times }) => times < run.faults)
      .map(({ fault, side, times }) => `${fault}, ${side}: ${times} of ${run.faults} times`),
  ];
}

/** The last line of a report: our medians against the peer's, and which of the targets were met. */
export function verdictOf(run: Run): string {
  const rows = loadRows(run);
  const ratio = (measure: string, clients: number): number => {
    const [own, other] = SIDES.map((side) =>
      rows.find((row) => row.measure === measure && row.clients === clients && row.side === side),
    );
    return (own?.perSecond ?? NaN) / (other?.perSecond ?? NaN);
  };
  const loads = MEASURES.map((measure) => {
    const ratios = run.clients.map((clients) => {
      const value = ratio(measure, clients);
      const missed = measure === "put" && isTarget(clients) && !(value >= TARGET.ratio);
      return `${shown(value, 2)}${missed ? ` (target ${TARGET.ratio} MISSED)` : ""} at ${clients}`;
    });
    return `${measure}s ${ratios.join(", ")}`;
  });
  const faults = FAULTS.map((fault) => {
    const [own, other] = SIDES.map(
      (side) => faultRows(run).find((row) => row.fault === fault && row.side === side)!.median,
    );
    const missed = run.faults > 0 && !(own! <= other!);
    return `${fault} ${shown(own!, 0)} against ${shown(other!, 0)} ms${missed ? " (target MISSED)" : ""}`;
  });
  return `ours against etcd's, clients each: ${[...loads, ...faults].join("; ")}`;
}

/** The tables in Markdown, for the terminal and for the documentation alike. */
export function tablesOf(run: Run): string {
  const loads = loadRows(run).map((row) => [
    row.measure,
    String(row.clients),
    row.side,
    String(row.rounds),
    shown(row.least, 0),
    shown(row.perSecond, 0),
    shown(row.most, 0),
    shown(row.p50Ms, 1),
    shown(row.p99Ms, 1),
    shown(row.cpuMs, 0),
  ]);
  const faults = faultRows(run).map(({ fault, side, times, median, worst }) => [
    fault,
    side,
    String(times),
    `${shown(median, 0)} ms`,
    `${shown(worst, 0)} ms`,
  ]);
  const memory = SIDES.map((side) => {
    const all = sorted(
      run.memory
        .filter((each) => each.side === side)
        .flatMap(({ residentBytes }) => residentBytes.map((bytes) => bytes / 2 ** 20)),
    );
    return [side, `${shown(medianOf(all), 0)} MiB`, `${shown(all.at(-1) ?? NaN, 0)} MiB`];
  });
  return [
    markdownTable(
      [
        "measured",
        "clients",
        "side",
        "rounds",
        "least /s",
        "median /s",
        "most /s",
        "p50 ms",
        "p99 ms",
        "CPU ms per 1000",
      ],
      loads,
    ),
    markdownTable(["leader", "side", "times", "median", "worst"], faults),
    markdownTable(["memory", "median of a member", "largest"], memory),
  ].join("\n\n");
}

function isTarget(clients: number): boolean {
  return (TARGET.clients as readonly number[]).includes(clients);
}

function sorted(values: readonly number[]): readonly number[] {
  return values.toSorted((a, b) => a - b);
}

function shown(value: number, digits: number): string {
  return Number.isFinite(value) ? value.toFixed(digits) : "-";
}
