import { describe, expect, it } from "@jest/globals";
import { parseOptions } from "../../../bench/raft/options.ts";

describe("the options of bench:raft", () => {
  it("measure all that is to be compared, unless told otherwise", () => {
    expect(parseOptions([])).toEqual({
      rounds: 5,
      seconds: 10,
      warmUpSeconds: 3,
      clients: [1, 16, 64, 256],
      rates: [100, 500, 1000],
      faults: 20,
      syncDelayMs: 5,
      folder: "/var/tmp",
    });
  });

  it("are less of everything with --quick, save for what is named beside it", () => {
    expect(parseOptions(["--quick", "--clients", "1,256"])).toMatchObject({ rounds: 1, clients: [1, 256] });
  });

  it.each([
    ["--rounds", "0"],
    ["--clients", "1,many"],
    ["--sync-delay", "-1"],
  ])("%s is refused with %s", (option, text) => {
    expect(() => parseOptions([`${option}=${text}`])).toThrow(
      expect.objectContaining({ code: "BENCH_OPTION" }),
    );
  });
});
