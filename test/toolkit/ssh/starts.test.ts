import { describe, expect, it } from "@jest/globals";
import { DEFAULT_LIMITS } from "../../../src/toolkit/ssh/options.ts";
import { Starts } from "../../../src/toolkit/ssh/starts.ts";

const still = { monotonic: () => 0, sleep: async () => undefined };

describe("logins that begin", () => {
  it("are a few at a time at one server, while others do not wait for it", async () => {
    const starts = new Starts({ ...DEFAULT_LIMITS, startsAtOnce: 2 }, still);
    const begun: string[] = [];
    const ends: (() => void)[] = [];
    const login = (host: string) =>
      starts.run({ host, port: 22 }, () => {
        begun.push(host);
        return new Promise<void>((end) => ends.push(end));
      });
    const all = [login("one"), login("one"), login("one"), login("two")];
    await new Promise(setImmediate);
    expect(begun).toEqual(["one", "one", "two"]);
    ends[0]!();
    await new Promise(setImmediate);
    expect(begun).toEqual(["one", "one", "two", "one"]);
    ends.forEach((end) => end());
    await Promise.all(all);
  });

  it("are so many in a second altogether", async () => {
    const slept: number[] = [];
    const env = { monotonic: () => 0, sleep: async (ms: number) => void slept.push(ms) };
    const starts = new Starts({ ...DEFAULT_LIMITS, startsPerSecond: 3 }, env);
    await Promise.all(
      ["a", "b", "c", "d"].map((host) => starts.run({ host, port: 22 }, async () => undefined)),
    );
    expect(slept).toEqual([1_000]);
  });
});
