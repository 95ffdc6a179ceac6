import { describe, expect, it } from "@jest/globals";
import { orderOf, parseOptions } from "../../../bench/vrrp/options.ts";

describe("parseOptions", () => {
  it("measures every interval of the question when nothing is asked for", () => {
    expect(parseOptions([])).toEqual({
      intervals: [100, 150],
      missed: 8,
      rounds: 3,
      pauses: 10,
      kills: 1,
      yes: false,
      results: [],
    });
  });

  it("takes intervals in any order, each once", () => {
    const options = parseOptions([
      "--intervals",
      "300,200,300",
      "--rounds",
      "2",
      "--pauses",
      "5",
      "--kills",
      "0",
      "--yes",
    ]);
    expect(options).toEqual({
      intervals: [200, 300],
      missed: 8,
      rounds: 2,
      pauses: 5,
      kills: 0,
      yes: true,
      results: [],
    });
  });

  it("takes results of earlier runs to show", () => {
    expect(parseOptions(["a.json", "b.json"])).toMatchObject({ results: ["a.json", "b.json"] });
  });

  it.each([
    ["--intervals", "200,,300"],
    ["--intervals", "50"],
    ["--missed", "1"],
    ["--rounds", "0"],
    ["--pauses", "1000"],
    ["--kills", "-1"],
    ["--pauses", "ten"],
  ])("refuses %s %s with the bounds", (option, value) => {
    expect(() => parseOptions([`${option}=${value}`])).toThrow(
      expect.objectContaining({ code: "BENCH_OPTION", remedy: expect.stringMatching(/from \d+ to \d+/) }),
    );
  });
});

describe("orderOf", () => {
  it("begins each round with another interval and leaves none out", () => {
    expect([0, 1, 2, 3].map((round) => orderOf([100, 200, 300], round))).toEqual([
      [100, 200, 300],
      [200, 300, 100],
      [300, 100, 200],
      [100, 200, 300],
    ]);
  });
});
