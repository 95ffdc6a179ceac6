import type { Options } from "./options.ts";
import { TIERS, type Run, type SavedView, type Tier } from "./record.ts";
import { TARGETS, type Measured } from "./targets.ts";

interface Row {
  readonly what: Measured;
  readonly count: number;
  readonly median: number;
  readonly worst: number;
  readonly over: number;
}

/** A row for each tier that was measured. */
export function rowsOf({ kills, recoveries }: Pick<Run, "kills" | "recoveries">): readonly Row[] {
  const gaps = (tier: Tier) =>
    kills.filter((kill) => kill.tier === tier && kill.gapMs !== undefined).map(({ gapMs }) => gapMs!);
  const times = (view: SavedView) =>
    recoveries
      .filter(({ exitCode, savedView = "lost" }) => exitCode === 0 && savedView === view)
      .map(({ commandMs }) => commandMs);
  return [
    ...TIERS.map((tier) => rowOf(tier, gaps(tier))),
    rowOf("recovery (view kept)", times("kept")),
    rowOf("recovery", times("lost")),
  ].filter(({ count }) => count > 0);
}

function rowOf(what: Row["what"], times: readonly number[]): Row {
  const sorted = times.toSorted((a, b) => a - b);
  return {
    what,
    count: sorted.length,
    median: sorted[Math.floor((sorted.length - 1) / 2)] ?? NaN,
    worst: sorted.at(-1) ?? NaN,
    over: sorted.filter((time) => time > TARGETS[what]).length,
  };
}

export function tableOf(rows: readonly Row[]): string {
  const lines = rows.map(
    ({ what, count, median, worst, over }) =>
      `| ${what} | ${count} | ${Math.round(median)} ms | ${Math.round(worst)} ms | ${TARGETS[what]} ms | ${over} |`,
  );
  return [
    "| what | times | median | worst | target | over it |",
    "| --- | --- | --- | --- | --- | --- |",
    ...lines,
  ].join("\n");
}

/** What was asked for and not measured. */
export function missing({ kills, recoveries, endedBy }: Run, options: Options): readonly string[] {
  const rows = rowsOf({ kills, recoveries });
  const short = (what: Row["what"], wanted: number) => {
    const count = rows.find((row) => row.what === what)?.count ?? 0;
    return count < wanted ? [`${what}: ${count} of ${wanted} were answered in time`] : [];
  };
  return [
    ...(endedBy === undefined ? [] : [`ended early: ${endedBy}`]),
    ...TIERS.flatMap((tier) => short(tier, options.kills)),
    ...short("recovery (view kept)", options.recoveries),
    ...short("recovery", options.recoveries),
  ];
}

/** One line: each median as a share of its target. */
export function verdictOf(rows: readonly Row[]): string {
  return `median against target: ${rows.map(({ what, median }) => `${what} ${(median / TARGETS[what]).toFixed(2)}`).join(", ")}`;
}
