import { markdownTable } from "../common/markdown.ts";
import { medianOf } from "../common/median.ts";
import { EARLIER_MEASURES, FAULTS, type Run } from "./record.ts";
import { faultRows, loadRows, pacedRows, SIDES, sorted } from "./rows.ts";

/** What was promised: our puts against the peer's, with this many clients. */
const TARGET = { ratio: 1.5, clients: [1, 256] } as const;

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
    ...pacedRows(run)
      .filter(({ rounds }) => rounds < run.rounds)
      .map(({ rate, side, rounds }) => `${rate} puts a second, ${side}: ${rounds} of ${run.rounds} rounds`),
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
  const loads = (run.measures ?? EARLIER_MEASURES).map((measure) => {
    const ratios = run.clients.map((clients) => {
      const value = ratio(measure, clients);
      const missed = measure === "put" && isTarget(clients) && !(value >= TARGET.ratio);
      return `${shown(value, 2)}${missed ? ` (target ${TARGET.ratio} MISSED)` : ""} at ${clients}`;
    });
    return `${measure} ${ratios.join(", ")}`;
  });
  const paced = (run.rates ?? []).map((rate) => {
    const [own, other] = pacedRows(run)
      .filter((row) => row.rate === rate)
      .map(({ p50Ms }) => shown(p50Ms, 2));
    return `p50 at ${rate} puts a second ${own} against ${other} ms`;
  });
  const faults = FAULTS.map((fault) => {
    const [own, other] = SIDES.map(
      (side) => faultRows(run).find((row) => row.fault === fault && row.side === side)!.median,
    );
    const missed = run.faults > 0 && !(own! <= other!);
    return `${fault} ${shown(own!, 0)} against ${shown(other!, 0)} ms${missed ? " (target MISSED)" : ""}`;
  });
  return `ours against etcd's, clients each: ${[...loads, ...paced, ...faults].join("; ")}`;
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
  const paced = pacedRows(run).map((row) => [
    String(row.rate),
    row.side,
    String(row.rounds),
    shown(row.perSecond, 0),
    shown(row.p50Ms, 2),
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
    ...(paced.length > 0
      ? [
          markdownTable(
            ["puts sent /s", "side", "rounds", "answered /s", "p50 ms", "p99 ms", "CPU ms per 1000"],
            paced,
          ),
        ]
      : []),
    markdownTable(["leader", "side", "times", "median", "worst"], faults),
    markdownTable(["memory", "median of a member", "largest"], memory),
  ].join("\n\n");
}

function isTarget(clients: number): boolean {
  return (TARGET.clients as readonly number[]).includes(clients);
}

function shown(value: number, digits: number): string {
  return Number.isFinite(value) ? value.toFixed(digits) : "-";
}
