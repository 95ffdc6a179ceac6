import { describe, expect, it, jest } from "@jest/globals";
import { hunt, runSeeds } from "../../../src/mailnode/sim/hunt.ts";
import { MUTANTS } from "../../../src/mailnode/sim/mutants/index.ts";

/* Minutes of work for one processor, of which this may get a tenth. */
jest.setTimeout(40 * 60_000);

const SEEDS = 300;
const REPEATED = 30;

describe("the simulation", () => {
  it(`holds every rule in ${SEEDS} seeds, and a seed run again in another process is the same to the last event`, async () => {
    const lines = await runSeeds(["--seeds", String(SEEDS)]);
    expect(lines.filter(({ failure }) => failure !== undefined)).toEqual([]);
    expect(lines).toHaveLength(SEEDS);
    expect(new Set(lines.map(({ hash }) => hash)).size).toBe(SEEDS);
    // From the middle: a process that began elsewhere has nothing in common with the first but the seed.
    const again = await runSeeds(["--seeds", String(REPEATED), "--from", "101"]);
    expect(again).toEqual(lines.slice(100, 100 + REPEATED));
  });

  it.each(MUTANTS)("finds $name within $withinSeeds seeds", async (mutant) => {
    const { seed, rule } = await hunt(mutant);
    expect(seed).toBeLessThanOrEqual(mutant.withinSeeds);
    expect(rule).toMatch(/\w/);
  });
});
