import { describe, expect, it } from "@jest/globals";
import { sections } from "../../../src/toolkit/services/sections.ts";

describe("the sections of an answer", () => {
  it("are what stands under each heading, and nothing for one that is not there", () => {
    const part = sections("before\n@one\na\nb\n@two-more\n@three\nlast");
    expect([part("one"), part("two-more"), part("three"), part("four")]).toEqual(["a\nb\n", "", "last", ""]);
  });

  it("do not begin at a line that only looks like a heading", () => {
    expect(sections("@one\nuser@host\n@Two\n@one two\n")("one")).toBe("user@host\n@Two\n@one two\n");
  });
});
