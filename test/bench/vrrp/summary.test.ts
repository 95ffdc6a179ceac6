import { describe, expect, it } from "@jest/globals";
import type { Block, Kill, Pause, Run } from "../../../bench/vrrp/record.ts";
import {
  masterDownMs,
  missing,
  rowsOf,
  shortestCalm,
  spread,
  tableOf,
  together,
  verdictOf,
} from "../../../bench/vrrp/summary.ts";

const calm: Pause = { holder: "node-1", frozenMs: [500, 505], changes: [], windowMs: 1_500 };
const moved: Pause = {
  ...calm,
  frozenMs: [500, 525],
  changes: [
    { machine: "node-2", bears: true, atMs: 640 },
    { machine: "node-2", bears: false, atMs: 700 },
  ],
};
const kill = (busy: boolean, silentMs?: number): Kill => ({
  holder: "node-1",
  busy,
  movedMs: 700,
  load: 3,
  ...(silentMs !== undefined && { gap: { lastGood: [100, 110], firstGood: [690, silentMs + 100] } }),
});
const block = (intervalMs: number, pauses: readonly Pause[], kills: readonly Kill[] = []): Block => ({
  round: 0,
  intervalMs,
  advertised: `${intervalMs} milli-sec`,
  load: [3, 4],
  pauses,
  kills,
  journal: [],
});
const run = (blocks: readonly Block[], intervals = [200, 300]): Run => ({
  startedAt: "2026-11-22T15:00:00.000Z",
  command: "npm run bench:vrrp",
  machine: {},
  priority: 200,
  rounds: 1,
  intervals,
  blocks,
});

describe("rowsOf", () => {
  it("adds up all rounds of an interval", () => {
    const blocks = [
      block(200, [calm, moved], [kill(true, 500), kill(false, 400)]),
      block(300, [calm]),
      block(200, [moved, moved], [kill(true, 700)]),
    ];
    expect(rowsOf(run(blocks))[0]).toEqual({
      intervalMs: 200,
      pauses: 4,
      tooLong: 0,
      load: { median: 4, worst: 4, count: 2 },
      frozenMs: { median: 525, worst: 525, count: 4 },
      needless: 3,
      moves: 3,
      doubles: 3,
      longestDoubleMs: 60,
      busyGapMs: { median: 600, worst: 700, count: 2 },
      idleGapMs: { median: 400, worst: 400, count: 1 },
      sinceKillMs: { median: 600, worst: 800, count: 3 },
    });
  });
});

describe("a pause that became too long", () => {
  it("counts neither for its interval nor against it, and is no pause that is missing", () => {
    const blocks = [block(200, [calm, { ...moved, frozenMs: [540, 984] }])];
    expect(rowsOf(run(blocks, [200]))[0]).toMatchObject({ pauses: 1, tooLong: 1, needless: 0, moves: 0 });
    expect(missing(run(blocks, [200]), { pauses: 2, kills: 0 })).toEqual([]);
  });
});

describe("spread", () => {
  it("has the middle one, or the mean of the two in the middle, and the worst", () => {
    expect(spread([30, 10, 20])).toEqual({ median: 20, worst: 30, count: 3 });
    expect(spread([40, 10, 20, 30])).toEqual({ median: 25, worst: 40, count: 4 });
    expect(spread([])).toBeUndefined();
  });
});

describe("shortestCalm", () => {
  const calmOf = (...blocks: readonly Block[]) =>
    shortestCalm(
      rowsOf(
        run(
          blocks,
          blocks.map(({ intervalMs }) => intervalMs),
        ),
      ),
    );

  it("is the shortest interval at which no pause moved the VIP", () => {
    expect(
      calmOf(block(100, [moved]), block(200, [calm, moved]), block(300, [calm]), block(400, [calm])),
    ).toBe(300);
  });

  it("is not one that got through below one that did not", () => {
    expect(calmOf(block(200, [calm]), block(300, [calm, moved]), block(400, [calm]))).toBe(400);
  });

  it("is none when the longest failed, or was not measured", () => {
    expect(calmOf(block(200, [calm]), block(300, [moved]))).toBeUndefined();
    expect(calmOf(block(200, [calm]), block(300, []))).toBeUndefined();
  });
});

describe("missing", () => {
  it("is silent when every interval has all its pauses and answers", () => {
    const whole = (ms: number) => block(ms, [calm, moved], [kill(true, 500), kill(false, 400)]);
    expect(missing(run([whole(200), whole(300)]), { pauses: 2, kills: 1 })).toEqual([]);
  });

  it("names an interval that was left out, and a loss of power after which nothing answered", () => {
    const blocks = [block(200, [calm, calm], [kill(true, 500), kill(false)])];
    expect(missing(run(blocks), { pauses: 2, kills: 1 })).toEqual([
      "200 ms: losses of power without load: 0 of 1",
      "300 ms: pauses: 0 of 2",
      "300 ms: losses of power under load: 0 of 1",
      "300 ms: losses of power without load: 0 of 1",
    ]);
  });
});

describe("masterDownMs", () => {
  it("is so many intervals and a skew that is larger for lower priorities (RFC 5798 6.1)", () => {
    expect(masterDownMs(256, 255, 3)).toBe(3 * 256 + 1);
    expect(masterDownMs(256, 199, 3)).toBe(3 * 256 + 57);
    expect(masterDownMs(256, 199, 8)).toBe(8 * 256 + 57);
  });
});

describe("tableOf", () => {
  it("is a table in Markdown with a line for each interval", () => {
    const lines = tableOf(rowsOf(run([block(200, [moved], [kill(true, 500)]), block(300, [calm])])), {
      priority: 200,
    }).split("\n");
    expect(lines).toHaveLength(4);
    expect(new Set(lines.map((line) => line.length)).size).toBe(1);
    const cells = lines.slice(2).map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
    expect(cells).toEqual([
      ["200", "644", "1", "0", "4 / 4", "525 / 525", "1", "1", "1, 60", "500 / 500", "-", "600 / 600"],
      ["300", "966", "1", "0", "4 / 4", "505 / 505", "0", "0", "0", "-", "-", "-"],
    ]);
  });
});

describe("together", () => {
  it("makes one of several runs, also when they measured different intervals", () => {
    const runs = [
      run([block(200, [moved]), block(300, [calm])]),
      run([block(300, [calm]), block(400, [calm])], [300, 400]),
    ];
    const rows = rowsOf(together(runs));
    expect(rows.map(({ intervalMs, pauses }) => [intervalMs, pauses])).toEqual([
      [200, 1],
      [300, 2],
      [400, 1],
    ]);
    expect(together(runs).rounds).toBe(2);
  });

  it("refuses runs that had other counts of missed adverts", () => {
    const three = run([block(100, [moved])], [100]);
    expect(() => together([three, { ...three, missedAdverts: 8 }])).toThrow("3 and 8 missed adverts");
    expect(together([three, { ...three, missedAdverts: 3 }]).rounds).toBe(2);
  });
});

describe("verdictOf", () => {
  it("names the interval and how much was tried", () => {
    const rows = rowsOf(run([block(200, [moved, calm]), block(300, [calm, calm])]));
    expect(verdictOf(rows, 500)).toMatch(/^300 ms is the shortest .*\(4 pauses of 500 ms, 2 intervals\)$/);
    expect(verdictOf(rows.slice(0, 1), 500)).toMatch(/^no interval /);
  });
});
