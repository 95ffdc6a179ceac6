import { describe, expect, it } from "@jest/globals";
import { readSeconds } from "../../../src/toolkit/cli/seconds.ts";

describe("seconds on a command line", () => {
  it("are read as milliseconds", () => {
    expect(readSeconds("--timeout", "10")).toBe(10_000);
  });

  it.each(["", "0", "-1", "1.5", "10s", "ten", "2000001"])("are refused where they are %j", (text) => {
    expect(() => readSeconds("--watch", text)).toThrow(`--watch got ${JSON.stringify(text)}`);
  });
});
