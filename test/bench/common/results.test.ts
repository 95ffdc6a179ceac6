import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { keepRun, readRun, readRuns } from "../../../bench/common/results.ts";

describe("the results of a benchmark", () => {
  let bench: string;

  beforeEach(async () => {
    bench = await mkdtemp(join(tmpdir(), "mailbastion-bench-"));
  });
  afterEach(() => rm(bench, { recursive: true }));

  it("are kept in a file that is named by the start, and read again", async () => {
    const runs = [
      { startedAt: "2026-11-23T00:24:31.000Z", rounds: 3 },
      { startedAt: "2026-11-23T00:51:00.000Z", rounds: 4 },
    ];
    const files = [await keepRun(bench, runs[0]!), await keepRun(bench, runs[1]!)];
    expect(files).toEqual([
      join(bench, "results/2026-11-23T00-24.json"),
      join(bench, "results/2026-11-23T00-51.json"),
    ]);
    expect(await readFile(files[0]!, "utf8")).toBe(
      '{\n "startedAt": "2026-11-23T00:24:31.000Z",\n "rounds": 3\n}\n',
    );
    expect(await readRun(files[1]!)).toEqual(runs[1]);
    expect(await readRuns(files)).toEqual(runs);
  });
});
