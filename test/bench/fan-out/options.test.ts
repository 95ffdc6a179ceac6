import { describe, expect, it } from "@jest/globals";
import { parseOptions } from "../../../bench/fan-out/options.ts";

describe("the options of the fan-out benchmark", () => {
  it("ask for twenty machines where nothing is said", () => {
    expect(parseOptions([])).toEqual({ rounds: 7, machines: 20 });
  });

  it("are numbers, or the file of an earlier run", () => {
    expect(parseOptions(["--rounds", "3", "--machines", "5", "a.json"])).toEqual({
      rounds: 3,
      machines: 5,
      result: "a.json",
    });
  });

  it.each([
    ["--rounds", "0"],
    ["--machines", "2"],
    ["--rounds", "many"],
  ])("refuse %s %s", (option, text) => {
    expect(() => parseOptions([option, text])).toThrow(expect.objectContaining({ code: "BENCH_OPTION" }));
  });
});
