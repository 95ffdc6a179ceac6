import { describe, expect, it } from "@jest/globals";
import { Chance } from "../../../src/mailnode/sim/chance.ts";

const draws = (chance: Chance): readonly number[] => Array.from({ length: 5 }, () => chance.next());

describe("named streams of chance", () => {
  it("give the same numbers for the same name", () => {
    expect(draws(new Chance("seed 1").stream("disk"))).toEqual(draws(new Chance("seed 1").stream("disk")));
  });

  it("are not shifted by what was drawn elsewhere", () => {
    const root = new Chance("seed 1");
    const before = draws(root.stream("disk"));
    draws(root);
    draws(root.stream("network"));
    expect(draws(root.stream("disk"))).toEqual(before);
  });

  it("differ by their names, and by their seeds", () => {
    const all = ["seed 1", "seed 2", "seed 11"].flatMap((seed) =>
      ["disk", "network"].map((name) => new Chance(seed).stream(name).next()),
    );
    expect(new Set(all).size).toBe(6);
  });
});
