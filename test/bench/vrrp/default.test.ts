import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "@jest/globals";
import type { Run } from "../../../bench/vrrp/record.ts";
import { missedAdvertsOf, rowsOf, shortestCalm, together } from "../../../bench/vrrp/summary.ts";
import { loadCluster } from "../../../src/toolkit/project/load-cluster.ts";
import { resolve } from "../../../src/toolkit/topology/resolve.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const { spec } = await loadCluster(`${root}examples/three-machines.yaml`);
const { advertIntervalMs, missedAdverts } = resolve(spec).balancer.vrrp;
const runs = globSync("bench/vrrp/results/*.json", { cwd: root })
  .map((file) => JSON.parse(readFileSync(`${root}${file}`, "utf8")) as Run)
  .filter((run) => missedAdvertsOf(run) === missedAdverts);

describe("the default advert interval", () => {
  it("is the shortest at which no measured pause moved the VIP", () => {
    expect(advertIntervalMs).toBe(shortestCalm(rowsOf(together(runs))));
  });

  it("stands on more than one complete run", () => {
    expect(runs.length).toBeGreaterThan(1);
    for (const { endedBy } of runs) expect(endedBy).toBeUndefined();
  });

  it("was measured with the interval that keepalived itself named", () => {
    const named = runs.flatMap(({ blocks }) => blocks.map(({ advertised }) => advertised));
    const asked = runs.flatMap(({ blocks }) =>
      blocks.map(({ intervalMs: ms }) => `${ms} milli-sec, ${ms} milli-sec`),
    );
    expect(named).toEqual(asked);
  });
});
