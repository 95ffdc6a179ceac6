import { textTable } from "../../support/text-table.ts";
import { FAILURE_KINDS } from "./failure.ts";
import type { LoadResult, Second } from "./run-load.ts";

/** The edges of the chart's rows in milliseconds, as people count: 1, 2, 5, 10 ... */
const EDGES = [0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, Infinity] as const;
const BAR_WIDTH = 40;
const EIGHTHS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"] as const;
const COLUMNS = ["second", "done", "failed", "p50", "p95", "p99"] as const;

/** The head of the live table. */
export const LIVE_HEAD = COLUMNS.map((name) => name.padStart(9)).join("");

/** One line of the live table. */
export function liveLine({ number, done, failed, p50, p95, p99 }: Second): string {
  const cells = [String(number), String(done), String(failed), ...[p50, p95, p99].map(milliseconds)];
  return cells.map((cell) => cell.padStart(9)).join("");
}

/** What a load came to, as a document for programs; lengths in milliseconds. */
export interface LoadDocument {
  readonly target: string;
  readonly seconds: number;
  readonly done: number;
  readonly failed: number;
  readonly perSecond: number;
  readonly failures: Readonly<Record<string, { readonly count: number; readonly example: string }>>;
  readonly latencyMs: Readonly<Record<"p50" | "p90" | "p95" | "p99" | "p999" | "max", number>>;
  readonly timeline: readonly Second[];
}

export function loadDocument(target: string, result: LoadResult): LoadDocument {
  const { ms, latencies, failures, examples, seconds } = result;
  const at = (share: number) => round(latencies.quantile(share));
  const failed = [...failures.values()].reduce((sum, count) => sum + count, 0);
  return {
    target,
    seconds: round(ms / 1000),
    done: latencies.count,
    failed,
    perSecond: ms > 0 ? round((latencies.count * 1000) / ms) : 0,
    failures: Object.fromEntries(
      FAILURE_KINDS.filter((kind) => failures.has(kind)).map((kind) => [
        kind,
        { count: failures.get(kind)!, example: examples.get(kind)! },
      ]),
    ),
    latencyMs: {
      p50: at(0.5),
      p90: at(0.9),
      p95: at(0.95),
      p99: at(0.99),
      p999: at(0.999),
      max: round(latencies.max),
    },
    timeline: seconds.map((second) => ({
      ...second,
      p50: round(second.p50),
      p95: round(second.p95),
      p99: round(second.p99),
    })),
  };
}

/** The summary and the chart, for people. */
export function loadReport(document: LoadDocument, result: LoadResult): string {
  const { latencyMs, failures } = document;
  const rows = [
    ["target", document.target],
    ["done", `${document.done} in ${document.seconds} s, ${document.perSecond} a second`],
    ["failed", String(document.failed)],
    ...Object.entries(failures).map(([kind, { count, example }]) => [
      `  ${kind}`,
      `${count}, the first: ${example}`,
    ]),
    ...Object.entries(latencyMs).map(([name, ms]) => [name, milliseconds(ms)]),
  ];
  return `${textTable(rows)}\n${latencyChart(result)}`;
}

/** How many answers took how long, as bars. Ends without a newline. */
export function latencyChart({ latencies }: LoadResult): string {
  const rows = EDGES.slice(1).map((edge, index) => ({
    label: edge === Infinity ? `over ${milliseconds(EDGES[index]!)}` : `to ${milliseconds(edge)}`,
    count: latencies.between(EDGES[index]!, edge),
  }));
  const first = rows.findIndex(({ count }) => count > 0);
  if (first < 0) return "nothing was answered, so there is no chart";
  const shown = rows.slice(first, rows.findLastIndex(({ count }) => count > 0) + 1);
  const most = Math.max(...shown.map(({ count }) => count));
  return shown
    .map(({ label, count }) => {
      const share = ((100 * count) / latencies.count).toFixed(1);
      return `${label.padStart(13)} ${bar(count / most).padEnd(BAR_WIDTH)} ${count} (${share} %)`;
    })
    .join("\n");
}

/** In eighths of a character; whatever is not nothing is seen. */
function bar(share: number): string {
  const eighths = share > 0 ? Math.max(1, Math.round(share * BAR_WIDTH * 8)) : 0;
  return "█".repeat(Math.floor(eighths / 8)) + EIGHTHS[eighths % 8]!;
}

function milliseconds(ms: number): string {
  return ms >= 1000
    ? `${(ms / 1000).toFixed(ms >= 10_000 ? 0 : 1)} s`
    : `${ms.toFixed(ms < 10 && !Number.isInteger(ms) ? 1 : 0)} ms`;
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
