import { expect, it } from "@jest/globals";
import { Chance } from "../../../src/mailnode/sim/chance.ts";
import { swarmOf } from "../../../src/mailnode/sim/swarm.ts";

it("some seeds give their machines ranks in elections, several to a cluster, and most give none", () => {
  const ranks = Array.from({ length: 200 }, (_, seed) => swarmOf(seed, new Chance(`seed ${seed}`)).ranks);
  const ranked = ranks.filter((all) => all.some((rank) => rank > 0));
  expect(ranked.length).toBeGreaterThan(20);
  expect(ranked.length).toBeLessThan(100);
  expect(new Set(ranked.flat())).toEqual(new Set([0, 1, 2]));
});
