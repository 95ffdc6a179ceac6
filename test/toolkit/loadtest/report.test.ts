import { describe, expect, it } from "@jest/globals";
import type { FailureKind } from "../../../src/toolkit/loadtest/failure.ts";
import { Histogram } from "../../../src/toolkit/loadtest/histogram.ts";
import { LIVE_HEAD, liveLine, loadDocument, loadReport } from "../../../src/toolkit/loadtest/report.ts";
import type { LoadResult } from "../../../src/toolkit/loadtest/run-load.ts";
import { latencySvg } from "../../../src/toolkit/loadtest/svg.ts";

function resultOf(
  lengths: readonly number[],
  failures: readonly (readonly [FailureKind, number])[] = [],
): LoadResult {
  const latencies = new Histogram();
  for (const ms of lengths) latencies.add(ms);
  return {
    ms: 2_000,
    latencies,
    failures: new Map(failures),
    examples: new Map(failures.map(([kind]) => [kind, `an example of ${kind}`])),
    seconds: [
      { number: 1, done: 90, failed: 0, p50: 3, p95: 12, p99: 80 },
      { number: 2, done: 10, failed: 4, p50: 4, p95: 1_500, p99: 1_500 },
    ],
  };
}

const result = resultOf(
  [...Array.from({ length: 80 }, () => 3), ...Array.from({ length: 19 }, () => 12), 1_500],
  [["reset", 1], ["4xx", 3]], // prettier-ignore
);
const document = loadDocument("smtp://192.0.2.1:25", result);

describe("the report of a load test", () => {
  it("is a table, why something failed, and a chart of bars", () => {
    expect(loadReport(document, result)).toMatchSnapshot();
  });

  it("has lines for the live table that stand under its head", () => {
    expect([LIVE_HEAD, ...result.seconds.map(liveLine)].join("\n")).toMatchSnapshot();
  });

  it("is a document whose failures are counted by kind", () => {
    expect(document).toMatchObject({
      done: 100,
      failed: 4,
      perSecond: 50,
      failures: { "4xx": { count: 3 }, reset: { count: 1, example: "an example of reset" } },
      latencyMs: { max: 1_500 },
    });
  });

  it("has no chart where nothing was answered", () => {
    const nothing = resultOf([], [["refused", 7]]);
    expect(loadReport(loadDocument("x", nothing), nothing)).toMatch(
      /nothing was answered, so there is no chart$/,
    );
  });

  it("can be a picture, in which the target's name is text and nothing else", () => {
    const svg = latencySvg({ ...document, target: 'https://x/<script>"&' });
    expect(svg).toContain("https://x/&lt;script>&quot;&amp;: 100 done, 4 failed");
    expect(svg.match(/<polyline points="70,[^"]+ 880,[^"]+"/g)).toHaveLength(3);
    expect(svg.match(/<title>4 failed<\/title>/g)).toHaveLength(1);
  });
});
