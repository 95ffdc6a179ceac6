import { describe, expect, it } from "@jest/globals";
import { Oracle } from "../../../src/mailnode/sim/workload/oracle.ts";

function withOneWrite(): { oracle: Oracle; value: string } {
  const oracle = new Oracle();
  const value = oracle.ask("k");
  oracle.acknowledged(value, 10, 0);
  return { oracle, value };
}

describe("the oracle of what clients may see", () => {
  it("takes what a correct cluster answers", () => {
    const { oracle, value } = withOneWrite();
    oracle.read("k", value, 10, oracle.floor("k"));
    const next = oracle.ask("k");
    oracle.acknowledged(next, 12, oracle.floor("k"), 10);
    expect(oracle.floor("k")).toBe(12);
    // A read that began before may still see the earlier one.
    oracle.read("k", value, 10, 10);
    expect(oracle.floor("k")).toBe(12);
  });

  it("finds a read that is older than what was known when it began", () => {
    const { oracle } = withOneWrite();
    expect(() => oracle.read("k", undefined, 0, oracle.floor("k"))).toThrow("no stale read");
  });

  it("finds a value that nobody wrote there", () => {
    const { oracle, value } = withOneWrite();
    expect(() => oracle.read("k", "v999", 11, 0)).toThrow("no phantom");
    expect(() => oracle.read("other", value, 11, 0)).toThrow("no phantom");
    expect(() => oracle.applied("other", value, 11)).toThrow("no phantom");
  });

  it("finds a write that was refused for certain and is there, whichever is seen first", () => {
    const oracle = new Oracle();
    const first = oracle.ask("k");
    oracle.refused(first);
    expect(() => oracle.applied("k", first, 3)).toThrow("refused for certain");
    const second = oracle.ask("k");
    oracle.applied("k", second, 4);
    expect(() => oracle.refused(second)).toThrow("refused for certain");
  });

  it("finds a write that was done twice", () => {
    const { oracle, value } = withOneWrite();
    expect(() => oracle.applied("k", value, 11)).toThrow("done once");
  });

  it("finds two writes that both took the place of one", () => {
    const { oracle } = withOneWrite();
    oracle.acknowledged(oracle.ask("k"), 12, 10, 10);
    expect(() => oracle.acknowledged(oracle.ask("k"), 13, 10, 10)).toThrow("one successor");
  });

  it("finds a write that was put behind what was known when it began", () => {
    const { oracle } = withOneWrite();
    expect(() => oracle.acknowledged(oracle.ask("k"), 9, 10)).toThrow("writes go forward");
  });
});
