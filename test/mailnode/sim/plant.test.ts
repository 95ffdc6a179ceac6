import { readFileSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";
import { MUTANTS } from "../../../src/mailnode/sim/mutants/index.ts";
import { mutate } from "../../../src/mailnode/sim/plant.ts";

const sourceOf = (file: string): string =>
  readFileSync(new URL(`../../../src/mailnode/${file}`, import.meta.url), "utf8");

describe("planted bugs", () => {
  it("are more than twenty, each with a name of its own", () => {
    expect(MUTANTS.length).toBeGreaterThanOrEqual(20);
    expect(new Set(MUTANTS.map(({ name }) => name)).size).toBe(MUTANTS.length);
  });

  it.each(MUTANTS)("$name has its place in the product", (mutant) => {
    const source = sourceOf(mutant.file);
    expect(mutate(source, mutant)).not.toBe(source);
  });

  it("a place that is gone, or there twice, is an error", () => {
    const mutant = { ...MUTANTS[0]!, name: "lost", replace: "x" };
    expect(() => mutate("nothing", mutant)).toThrow("lost is there 0 times");
    expect(() => mutate("x x", mutant)).toThrow("lost is there 2 times");
  });
});
