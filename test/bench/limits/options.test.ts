import { describe, expect, it } from "@jest/globals";
import { parseOptions } from "../../../bench/limits/options.ts";

describe("the options of bench:limits", () => {
  it("ask for many clients where nothing is said", () => {
    expect(parseOptions([])).toEqual({ rounds: 31, decisions: 2000, clients: 25_000 });
  });

  it("are numbers, or the file of an earlier run", () => {
    expect(parseOptions(["--rounds", "3", "--decisions", "500", "--clients", "20", "a.json"])).toEqual({
      rounds: 3,
      decisions: 500,
      clients: 20,
      result: "a.json",
    });
  });

  it.each([
    ["--rounds", "0"],
    ["--decisions", "99"],
    ["--clients", "100001"],
  ])("refuse %s %s", (option, text) => {
    expect(() => parseOptions([option, text])).toThrow(expect.objectContaining({ code: "BENCH_OPTION" }));
  });
});
