import { describe, expect, it } from "@jest/globals";
import { Ways } from "../../../src/mailnode/sim/ways.ts";

describe("the ways between simulated machines", () => {
  it("are cut in one direction, as often as they were, and open after as many ends", () => {
    const ways = new Ways();
    ways.cut("m1", "m2");
    ways.cut("m1", "m2");
    expect([ways.isCut("m1", "m2"), ways.isCut("m2", "m1")]).toEqual([true, false]);
    expect(ways.cuts).toEqual([
      ["m1", "m2"],
      ["m1", "m2"],
    ]);
    expect(ways.heal("m1", "m2")).toBe(false);
    expect(ways.heal("m1", "m2")).toBe(true);
    expect(ways.isCut("m1", "m2")).toBe(false);
  });

  it("are slow until told otherwise, and none is when all faults end", () => {
    const ways = new Ways();
    ways.slow("m1", "m2", 9);
    ways.slow("m2", "m3", 4);
    ways.slow("m2", "m3", 1);
    expect([ways.slowness("m1", "m2"), ways.slowness("m2", "m3"), ways.slowness("m2", "m1")]).toEqual([
      9, 1, 1,
    ]);
    ways.calm();
    expect([ways.slowness("m1", "m2"), ways.faulty]).toEqual([1, false]);
  });
});
