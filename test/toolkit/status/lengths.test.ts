import { describe, expect, it } from "@jest/globals";
import { ago, size } from "../../../src/toolkit/status/lengths.ts";

describe("lengths as people say them", () => {
  it.each([
    [4, "4 s"],
    [99, "99 s"],
    [600, "10 min"],
    [7_200, "2 h"],
    [200_000, "2 d"],
  ])("give %i seconds as %s", (seconds, text) => expect(ago(seconds)).toBe(text));

  it.each([
    [0, "0 B"],
    [900, "900 B"],
    [1_275_544, "1.2 MiB"],
    [20 * 1024 ** 3, "20 GiB"],
  ])("give %i bytes as %s", (bytes, text) => expect(size(bytes)).toBe(text));
});
