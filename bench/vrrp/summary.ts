import { UserError } from "../../src/support/errors.ts";
import { markdownTable } from "../common/markdown.ts";
import { medianOf } from "../common/median.ts";
import { silenceOf } from "./gap.ts";
import { judge } from "./holders.ts";
import type { Block, Run } from "./record.ts";

/** What all rounds of one interval came to. */
export interface Row {
  readonly intervalMs: number;
  readonly pauses: number;
  /** Pauses that became too long to say anything of half a second; in no other number of the row. */
  readonly tooLong: number;
  /** Load average of the machine at the end of the pauses. */
  readonly load: Spread;
  /** Median and worst time that the holder was frozen, at most. */
  readonly frozenMs: Spread;
  readonly needless: number;
  readonly moves: number;
  /** Moments with two holders, and the longest time in one pause. */
  readonly doubles: number;
  readonly longestDoubleMs: number;
  /** How long clients got no answer through the VIP, under the bench's own load and without it. */
  readonly busyGapMs: Spread;
  readonly idleGapMs: Spread;
  /** From the call that took the power to the first good answer, with the time that the engine needs for it. */
  readonly sinceKillMs: Spread;
}

/** Undefined when nothing was measured. */
export type Spread = { readonly median: number; readonly worst: number; readonly count: number } | undefined;

/**
 * A pause that may have been longer than this is none of half a second, whatever came of it: the machine under the
 * machines stood still as well, or the freezer waited for a processor.
 */
const LONGEST_PAUSE_MS = 700;

/** One row for each interval, ascending. */
export function rowsOf({ intervals, blocks }: Pick<Run, "intervals" | "blocks">): readonly Row[] {
  return intervals.map((intervalMs) => rowOf(intervalMs, blocks.filter((block) => block.intervalMs === intervalMs))); // prettier-ignore
}

function rowOf(intervalMs: number, blocks: readonly Block[]): Row {
  const all = blocks.flatMap((block) => block.pauses);
  const pauses = all.filter(({ frozenMs }) => frozenMs[1] <= LONGEST_PAUSE_MS);
  const verdicts = pauses.map(({ holder, changes, windowMs }) => judge(holder, changes, windowMs));
  const kills = blocks.flatMap((block) => block.kills);
  const gaps = (busy: boolean) =>
    spread(kills.filter((kill) => kill.busy === busy).flatMap(({ gap }) => (gap ? silenceOf(gap) : [])));
  return {
    intervalMs,
    pauses: pauses.length,
    tooLong: all.length - pauses.length,
    load: spread(blocks.map(({ load }) => load[1])),
    frozenMs: spread(pauses.map(({ frozenMs }) => frozenMs[1])),
    needless: verdicts.filter(({ isNeedless }) => isNeedless).length,
    moves: sum(verdicts.map(({ moves }) => moves)),
    doubles: sum(verdicts.map(({ doubles }) => doubles)),
    longestDoubleMs: Math.max(0, ...verdicts.map(({ doubleMs }) => doubleMs)),
    busyGapMs: gaps(true),
    idleGapMs: gaps(false),
    sinceKillMs: spread(kills.flatMap(({ gap }) => gap?.firstGood[1] ?? [])),
  };
}

/** In whole units. */
export function spread(values: readonly number[]): Spread {
  if (values.length === 0) return undefined;
  return {
    median: Math.round(medianOf(values)),
    worst: Math.round(Math.max(...values)),
    count: values.length,
  };
}

/**
 * The shortest interval without a needless failover, and above which there was none either: one that got through by
 * luck between two that did not is no answer. Undefined when there is none.
 */
export function shortestCalm(rows: readonly Row[]): number | undefined {
  const lastBad = rows.findLastIndex(({ pauses, needless }) => pauses === 0 || needless > 0);
  return rows[lastBad + 1]?.intervalMs;
}

/** How many adverts nobody heard before the VIP moved: what keepalived itself takes where nothing is said. */
export function missedAdvertsOf({ missedAdverts = 3 }: Pick<Run, "missedAdverts">): number {
  return missedAdverts;
}

/** Several runs as one. Throws BENCH_OPTION when they were not measured with the same count of missed adverts. */
export function together(runs: readonly Run[]): Pick<Run, "intervals" | "blocks" | "rounds"> {
  const counts = new Set(runs.map(missedAdvertsOf));
  if (counts.size > 1)
    throw new UserError(
      "BENCH_OPTION",
      `these were measured with ${[...counts].join(" and ")} missed adverts`,
      "name files of one count at a time",
    );
  const intervals = new Set(runs.flatMap((run) => run.intervals));
  return {
    intervals: [...intervals].toSorted((a, b) => a - b),
    blocks: runs.flatMap((run) => run.blocks),
    rounds: sum(runs.map(({ rounds }) => rounds)),
  };
}

/** The last line of a report. */
export function verdictOf(rows: readonly Row[], pauseMs: number): string {
  const calm = shortestCalm(rows);
  const pauses = sum(rows.map((row) => row.pauses));
  const found =
    calm === undefined ? "no interval measured is" : `${calm} ms is the shortest interval measured that is`;
  return `${found} without a needless failover, as is every longer one (${pauses} pauses of ${pauseMs} ms, ${rows.length} intervals)`;
}

/** What the run was to measure and did not, in words for people. */
export function missing(
  run: Run,
  planned: { readonly pauses: number; readonly kills: number },
): readonly string[] {
  const { rounds } = run;
  return rowsOf(run).flatMap(({ intervalMs, pauses, tooLong, busyGapMs, idleGapMs }) => [
    ...lack(`${intervalMs} ms: pauses`, pauses + tooLong, rounds * planned.pauses),
    ...lack(`${intervalMs} ms: losses of power under load`, busyGapMs?.count ?? 0, rounds * planned.kills),
    ...lack(`${intervalMs} ms: losses of power without load`, idleGapMs?.count ?? 0, rounds * planned.kills),
  ]);
}

function lack(what: string, measured: number, wanted: number): readonly string[] {
  return measured < wanted ? [`${what}: ${measured} of ${wanted}`] : [];
}

/**
 * How long a standby waits after the last advert that it heard: so many intervals (three in RFC 5798 6.1) and a skew,
 * which is larger for lower priorities.
 */
export function masterDownMs(intervalMs: number, priority: number, missedAdverts: number): number {
  return (missedAdverts + (256 - priority) / 256) * intervalMs;
}

/** The rows as a table in Markdown, for the terminal and for the documentation alike. */
export function tableOf(rows: readonly Row[], run: Pick<Run, "priority" | "missedAdverts">): string {
  const head = [
    "advert (ms)",
    "standby waits (ms)",
    "pauses",
    "too long to count",
    "load: median / worst",
    "frozen, median / worst (ms)",
    "needless failovers",
    "moves of the VIP",
    "two holders: times, longest (ms)",
    "VIP silent, under load: median / worst (ms)",
    "VIP silent, without: median / worst (ms)",
    "first answer after the kill: median / worst (ms)",
  ];
  const lines = rows.map((row) => [
    String(row.intervalMs),
    String(Math.round(masterDownMs(row.intervalMs, run.priority, missedAdvertsOf(run)))),
    String(row.pauses),
    String(row.tooLong),
    shown(row.load),
    shown(row.frozenMs),
    String(row.needless),
    String(row.moves),
    row.doubles === 0 ? "0" : `${row.doubles}, ${row.longestDoubleMs}`,
    shown(row.busyGapMs),
    shown(row.idleGapMs),
    shown(row.sinceKillMs),
  ]);
  return markdownTable(head, lines);
}

function shown(value: Spread): string {
  return value === undefined ? "-" : `${value.median} / ${value.worst}`;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
