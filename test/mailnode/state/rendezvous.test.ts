import { describe, expect, it } from "@jest/globals";
import { rendezvous } from "../../../src/mailnode/state/rendezvous.ts";

const keys = Array.from({ length: 3000 }, (_, number) => `ip:10.${number >> 8}.${number & 255}.7`);
const spread = (places: readonly string[]): Map<string, number> => {
  const counts = new Map(places.map((place) => [place, 0]));
  for (const key of keys) counts.set(rendezvous(key, places)!, counts.get(rendezvous(key, places)!)! + 1);
  return counts;
};

describe("rendezvous hashing", () => {
  it("spreads keys evenly", () => {
    for (const count of spread(["node-1", "node-2", "node-3"]).values()) {
      expect(count).toBeGreaterThan(900);
      expect(count).toBeLessThan(1100);
    }
  });

  it("moves only the keys of a place that goes, whatever the order in which the places are named", () => {
    for (const key of keys) {
      const before = rendezvous(key, ["node-1", "node-2", "node-3"]);
      const after = rendezvous(key, ["node-3", "node-1"]);
      if (before !== "node-2") expect(after).toBe(before);
    }
  });

  it("has no place where there is none", () => {
    expect(rendezvous("key", [])).toBeUndefined();
  });
});
